import { volumeOfNode } from '../../faults/boot/named-volumes.ts';
import { bootNeeds, standingOf } from '../../faults/boot/needs.ts';
import { type VolumeGroupView, volumeGroups } from '../../faults/volume-group/view.ts';
import type { Policy } from '../../model/finding.ts';
import { type FstabEntry, neededMounts } from '../../model/fstab.ts';
import type { Survey } from '../../model/survey.ts';
import type { BootEnvironment } from '../ports.ts';

/** A mount that the running system insists on, and whose volume is not there. */
export interface MissingMount {
  readonly mountPoint: string;
  /** What fstab names. */
  readonly spec: string;
  /** True when an empty, read-only folder takes its place for this boot, so that the system comes up. */
  readonly standIn: boolean;
}

/** What of a volume group its own system must activate, and will not: lvm's autoactivation waits for complete groups. */
interface WholeMounts {
  readonly view: VolumeGroupView;
  readonly lvNames: readonly string[];
}

/**
 * What the root filesystem's own fstab needs of volume groups that lack a disk. Read only where there is such a
 * group: in all other cases the running system does this by itself.
 */
export async function mountsOfRoot(
  survey: Survey,
  boot: BootEnvironment,
  policy: Policy,
): Promise<{ readonly whole: readonly WholeMounts[]; readonly missing: readonly MissingMount[] }> {
  const none = { whole: [], missing: [] };
  const incomplete = volumeGroups(survey).filter((view) =>
    view.members.some(({ region }) => region === null),
  );
  const root = bootNeeds(survey).find((need) => need.parameter.startsWith('root='));
  if (incomplete.length === 0 || root?.state !== 'active') return none;
  const filesystem = survey.lvFilesystems.find(({ vg, lv }) => vg === root.vg && lv === root.lv)?.type;
  if (filesystem === undefined) return none;
  const fstab = await boot.fstabOf(root.node, filesystem);
  if (!fstab.ok) return none;
  const entries = neededMounts(fstab.value).map((entry) => ({ entry, volume: volumeOf(entry, survey) }));
  const whole = incomplete.map((view) => ({
    view,
    lvNames: entries.flatMap(({ volume }) =>
      volume?.vg === view.ref.name && standingOf(volume, survey).state === 'whole' ? [volume.lv] : [],
    ),
  }));
  const missing = entries
    .filter(({ entry, volume }) =>
      volume === null
        ? !boot.isThere(entry.spec)
        : ['partial', 'unknown'].includes(standingOf(volume, survey).state),
    )
    .map(({ entry }) => entry);
  return {
    whole: whole.filter(({ lvNames }) => lvNames.length > 0),
    missing: missing.map(({ mountPoint, spec }) => ({
      ...{ mountPoint, spec },
      standIn: policy === 'degraded' && boot.standIn(mountPoint).ok,
    })),
  };
}

function volumeOf({ spec }: FstabEntry, survey: Survey): { readonly vg: string; readonly lv: string } | null {
  const [, tag, value] = /^(UUID|LABEL)=(.+)$/.exec(spec) ?? [];
  if (tag === undefined) return volumeOfNode(spec);
  return (
    survey.lvFilesystems.find(
      (each) => (tag === 'UUID' ? each.uuid : each.label) === value?.replaceAll('"', ''),
    ) ?? null
  );
}
