import { volumeOfSpec } from '../../faults/boot/named-volumes.ts';
import { bootNeeds, standingOf } from '../../faults/boot/needs.ts';
import { isIncomplete, type VolumeGroupView, volumeGroups } from '../../faults/volume-group/view.ts';
import type { Policy } from '../../model/finding.ts';
import { type FstabEntry, neededMounts, swapDevices } from '../../model/fstab.ts';
import type { Survey } from '../../model/survey.ts';
import { permits } from '../plan.ts';
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
interface WholeVolumes {
  readonly view: VolumeGroupView;
  readonly lvNames: readonly string[];
}

interface Mounts {
  readonly whole: readonly WholeVolumes[];
  readonly missing: readonly MissingMount[];
  /** Why the fstab of root is not known; null when it is, or is not wanted. */
  readonly unread: string | null;
}

/**
 * What the root filesystem's own fstab needs of volume groups that lack a disk. Read only where there is such a
 * group: in all other cases the running system does this by itself.
 */
export async function mountsOfRoot(survey: Survey, boot: BootEnvironment, policy: Policy): Promise<Mounts> {
  const none = { whole: [], missing: [], unread: null };
  const incomplete = volumeGroups(survey).filter(isIncomplete);
  const root = bootNeeds(survey).find((need) => need.isRoot);
  if (incomplete.length === 0 || root?.state !== 'active') return none;
  const filesystem = survey.lvFilesystems.find(({ vg, lv }) => vg === root.vg && lv === root.lv)?.type;
  if (filesystem === undefined) return none;
  const fstab = await boot.fstabOf(root.node, filesystem);
  if (!fstab.ok) return { ...none, unread: fstab.error };

  const mounts = neededMounts(fstab.value);
  const standing = (spec: string, view: VolumeGroupView) => {
    const volume = volumeOfSpec(spec, survey);
    return volume?.vg === view.ref.name ? { lv: volume.lv, state: standingOf(volume, survey).state } : null;
  };
  const used = [...mounts.map(({ spec }) => spec), ...swapDevices(fstab.value)];
  const whole = incomplete.map((view) => ({
    view,
    lvNames: used.flatMap((spec) => {
      const found = standing(spec, view);
      return found?.state === 'whole' ? [found.lv] : [];
    }),
  }));
  // Only what is known to be on the missing disk: another one may merely have its driver in the running system.
  const missing = mounts.filter(({ spec }) =>
    incomplete.some((view) => standing(spec, view)?.state === 'partial'),
  );
  return {
    whole: whole.filter(({ lvNames }) => lvNames.length > 0),
    missing: missing.map(({ mountPoint, spec }) => ({
      ...{ mountPoint, spec },
      standIn:
        permits(policy, 'degraded') && !holdsAnother(mountPoint, mounts) && boot.standIn(mountPoint).ok,
    })),
    unread: null,
  };
}

/** Nothing can be mounted inside of a folder that nothing can be made in. */
const holdsAnother = (mountPoint: string, mounts: readonly FstabEntry[]): boolean =>
  mounts.some((other) => other.mountPoint.startsWith(`${mountPoint.replace(/\/$/, '')}/`));
