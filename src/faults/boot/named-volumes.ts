import { isVisible } from '../../model/extents.ts';
import { parameters } from '../../model/kernel-command-line.ts';
import type { Survey } from '../../model/survey.ts';
import { volumeGroups } from '../volume-group/view.ts';

export interface VolumeName {
  readonly vg: string;
  readonly lv: string;
}

/** A logical volume that the kernel command line asks for. */
export interface NamedVolume extends VolumeName {
  /** The parameters that name it: `root=/dev/mapper/vg0-root rd.lvm.lv=vg0/root`. */
  readonly parameter: string;
  /** Boot cannot go on without it. */
  readonly required: boolean;
  readonly isRoot: boolean;
}

/** What of the command line could be an LV, and was not found to be one. */
export interface UnresolvedName {
  readonly parameter: string;
  readonly required: boolean;
}

/** Whether boot cannot go on without what a parameter names. `resume` is waited for, and boot goes on without it. */
const DEVICE_PARAMETERS: Readonly<Record<string, boolean>> = {
  ...{ root: true, 'mount.usr': true, resume: false, 'rd.lvm.lv': true },
  // All of a group is activated, and any of it will do.
  'rd.lvm.vg': false,
};

/**
 * The LVs that the kernel command line names, each once: by path, by device-mapper name, by UUID or label of what is on
 * them, and as dracut's `rd.lvm.lv=` and `rd.lvm.vg=`. A device that is there and is no LV is none of LVM's business,
 * nor is one that cannot be an LV. Pure.
 */
export function namedVolumes(survey: Survey): { named: NamedVolume[]; unresolved: UnresolvedName[] } {
  const named: NamedVolume[] = [];
  const unresolved: UnresolvedName[] = [];
  for (const { name, value } of parameters(survey.machine.kernelCommandLine)) {
    if (!value) continue;
    const parameter = `${name}=${value}`;
    const required = DEVICE_PARAMETERS[name];
    if (required === undefined) continue;
    const found = volumesOf(name, value, survey);
    if (found === null) unresolved.push({ parameter, required });
    for (const volume of found ?? [])
      note(named, { ...volume, parameter, required, isRoot: name === 'root' });
  }
  return { named, unresolved };
}

/** The same volume by several names is one need, and the strongest of them. */
function note(named: NamedVolume[], found: NamedVolume): void {
  const at = named.findIndex((each) => each.vg === found.vg && each.lv === found.lv);
  const known = named[at];
  if (known === undefined) named.push(found);
  else {
    named[at] = {
      ...known,
      parameter: `${known.parameter} ${found.parameter}`,
      required: known.required || found.required,
      isRoot: known.isRoot || found.isRoot,
    };
  }
}

/** Null: it may be an LV, and which is not known. */
function volumesOf(name: string, value: string, survey: Survey): readonly VolumeName[] | null {
  if (name === 'rd.lvm.lv') {
    const volume = pathOf(value);
    return volume === null ? null : [volume];
  }
  if (name === 'rd.lvm.vg') return volumesIn(value, survey);
  // `block:` is dracut's own spelling.
  const spec = value.replace(/^block:/, '');
  const volume = volumeOfSpec(spec, survey);
  if (volume !== null && isKnown(volume, survey)) return [volume];
  if (survey.machine.presentDevices.includes(spec)) return [];
  if (volume !== null) return [volume];
  return tagOf(spec) === null ? [] : null;
}

function volumesIn(vg: string, survey: Survey): readonly VolumeName[] | null {
  const views = volumeGroups(survey).filter(({ ref }) => ref.name === vg);
  if (views.length === 0) return null;
  const lvs = views.flatMap(({ base }) => base.metadata.lvs.filter(isVisible));
  return lvs.map(({ name }) => ({ vg, lv: name }));
}

const isKnown = ({ vg }: VolumeName, survey: Survey): boolean =>
  volumeGroups(survey).some(({ ref }) => ref.name === vg);

/**
 * The LV that a spec means, as fstab and the kernel command line have it: a path below /dev, `UUID=`, `LABEL=`, and
 * systemd's name for a LUKS volume, which is the LV it lies on. Null when it is none's, or cannot be told.
 */
export function volumeOfSpec(spec: string, survey: Survey): VolumeName | null {
  const luks = /^\/dev\/mapper\/luks-([0-9a-f-]{36})$/.exec(spec)?.[1];
  if (luks !== undefined) return filesystemOn({ kind: 'uuid', value: luks }, survey);
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
  const [, name, value] = /^(?:\/dev\/disk\/by-)?(uuid|label)[=/](.+)$/i.exec(spec.replaceAll('"', '')) ?? [];
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
