import { parameters } from '../../model/kernel-command-line.ts';
import type { Survey } from '../../model/survey.ts';

/** A logical volume that the kernel command line asks for. */
export interface NamedVolume {
  readonly vg: string;
  readonly lv: string;
  /** The parameter that names it: `root=/dev/mapper/vg0-root`. */
  readonly parameter: string;
  /** Boot cannot go on without it. */
  readonly required: boolean;
}

/** What of the command line could be an LV, and was not found to be one. */
export interface UnresolvedName {
  readonly parameter: string;
  readonly required: boolean;
}

/** Parameters that name one block device each. `resume` is waited for, and boot goes on without it. */
const DEVICE_PARAMETERS: Readonly<Record<string, boolean>> = { root: true, 'mount.usr': true, resume: false };

/**
 * The LVs that the kernel command line names, each once: by path, by device-mapper name, by UUID or label of the
 * filesystem on them, and as dracut's `rd.lvm.lv=`. Pure.
 */
export function namedVolumes(survey: Survey): { named: NamedVolume[]; unresolved: UnresolvedName[] } {
  const named: NamedVolume[] = [];
  const unresolved: UnresolvedName[] = [];
  for (const { name, value } of parameters(survey.machine.kernelCommandLine)) {
    if (!value) continue;
    const parameter = `${name}=${value}`;
    const required = name === 'rd.lvm.lv' || DEVICE_PARAMETERS[name];
    if (required === undefined) continue;
    const found = name === 'rd.lvm.lv' ? pathOf(value) : volumeOf(value, survey);
    if (found === null) unresolved.push({ parameter, required });
    else if (!named.some((each) => each.vg === found.vg && each.lv === found.lv)) {
      named.push({ ...found, parameter, required });
    }
  }
  return { named, unresolved };
}

export interface VolumeName {
  readonly vg: string;
  readonly lv: string;
}

function volumeOf(device: string, survey: Survey): VolumeName | null {
  // `block:` is dracut's own spelling.
  const spec = device.replace(/^block:/, '');
  const tag = tagOf(spec);
  return tag === null ? volumeOfNode(spec) : filesystemOn(tag, survey);
}

/** The LV that a path below /dev speaks of; null when it is none's. */
export function volumeOfNode(node: string): VolumeName | null {
  const mapped = /^\/dev\/mapper\/(.+)$/.exec(node)?.[1];
  if (mapped !== undefined) return splitMapped(mapped);
  const path = /^\/dev\/(.+)$/.exec(node)?.[1];
  return path === undefined ? null : pathOf(path);
}

/** `UUID=…`, `LABEL=…`, and the links that udev makes of them. */
function tagOf(spec: string): { readonly kind: 'uuid' | 'label'; readonly value: string } | null {
  const [, name, value] = /^(?:\/dev\/disk\/by-)?(uuid|label)[=/](.+)$/i.exec(spec) ?? [];
  if (name === undefined || value === undefined) return null;
  return { kind: name.toLowerCase() === 'uuid' ? 'uuid' : 'label', value };
}

function filesystemOn(tag: NonNullable<ReturnType<typeof tagOf>>, survey: Survey): VolumeName | null {
  const holds = survey.lvFilesystems.filter(({ uuid, label }) =>
    tag.kind === 'uuid' ? uuid?.toLowerCase() === tag.value.toLowerCase() : label === tag.value,
  );
  const [only, second] = holds;
  return only === undefined || second !== undefined ? null : { vg: only.vg, lv: only.lv };
}

/** `vg0/root`; deeper paths are no LV's. */
function pathOf(path: string): VolumeName | null {
  const [vg, lv, more] = path.split('/');
  return vg && lv && more === undefined && !['disk', 'mapper'].includes(vg) ? { vg, lv } : null;
}

/** Device-mapper joins names by `-` and doubles each `-` inside them: `vm1--vg-root`. */
function splitMapped(name: string): VolumeName | null {
  const [, vg, lv] = /^((?:[^-]|--)+)-((?:[^-]|--)+)$/.exec(name) ?? [];
  return vg && lv ? { vg: vg.replaceAll('--', '-'), lv: lv.replaceAll('--', '-') } : null;
}
