import type { VgPlan } from '../model/plan.ts';
import { type Area, allRegions, type Region, type Survey } from '../model/survey.ts';
import { formatBytes } from '../model/units.ts';
import type { SpansOf } from './ports.ts';

const SECTOR_BYTES = 512;
const MIB = 1024 * 1024;

/** What the spans of a physical volume come to as lvm makes it: areas of up to 4 MiB, and some room around them. */
const USUAL_BYTES = 8 * MIB;
/**
 * What all of a volume group may take beyond that: the one area of 128 MiB that somebody may have told pvcreate to make,
 * or a dozen of 16 MiB. If no byte of it were zero, a repair would need some 350 MiB of memory for it.
 */
const MAX_BEYOND_BYTES = 128 * MIB;

/**
 * Every byte of a region that a plan's commands may change: from its start to beyond the metadata areas and the
 * first extent, and its last MiB (a second area; signatures that lvm wipes). The MiB behind the first extent is in
 * it to notice a write that should not have happened.
 */
export function spansOf(plan: VgPlan): SpansOf {
  return (region) => {
    const areas = trustedAreas(region);
    const atHead = areas.filter((area) => area.offsetBytes < region.sizeBytes / 2);
    const atTail = areas.filter((area) => area.offsetBytes >= region.sizeBytes / 2);
    const firstExtent = firstExtentBytes(plan, region);
    const headEnd =
      Math.max(MIB, firstExtent, ...atHead.map((area) => area.offsetBytes + area.sizeBytes)) + MIB;
    const tailStart = Math.min(region.sizeBytes - MIB, ...atTail.map((area) => area.offsetBytes));
    if (headEnd >= tailStart) return [{ offsetBytes: 0, lengthBytes: region.sizeBytes }];
    return [
      { offsetBytes: 0, lengthBytes: headEnd },
      { offsetBytes: tailStart, lengthBytes: region.sizeBytes - tailStart },
    ];
  };
}

/**
 * Why the way back would be more than can be kept where memory is all there is, as sentences; empty when it would not.
 * The sizes come from the disks, and a label with a right checksum can claim anything.
 */
export function tooMuchToKeep(plan: VgPlan, survey: Survey): string[] {
  const spans = spansOf(plan);
  const large = allRegions(survey)
    .filter((region) => plan.regionIds.includes(region.id))
    .map((region) => ({ region, bytes: spans(region).reduce((sum, each) => sum + each.lengthBytes, 0) }))
    .filter(({ bytes }) => bytes > USUAL_BYTES);
  const beyond = large.reduce((sum, { bytes }) => sum + bytes - USUAL_BYTES, 0);
  if (beyond <= MAX_BEYOND_BYTES) return [];
  return large.map(
    ({ region, bytes }) =>
      `to undo a repair, ${formatBytes(bytes)} of ${region.id} would have to be kept, more than may fit in memory, for ${furthestClaim(plan, region)}. If that is not so, restore the start of this disk from another backup`,
  );
}

/** What makes the spans of a region large, in words. */
function furthestClaim(plan: VgPlan, region: Region): string {
  const firstExtent = firstExtentBytes(plan, region);
  const [largest] = trustedAreas(region).toSorted((a, b) => b.sizeBytes - a.sizeBytes);
  if (largest === undefined || largest.sizeBytes < firstExtent)
    return `its first extent is said to begin at byte ${firstExtent}`;
  const { offsetBytes, sizeBytes } = largest;
  return `its label claims a metadata area of ${formatBytes(sizeBytes)} at byte ${offsetBytes}`;
}

function firstExtentBytes({ goal }: VgPlan, region: Region): number {
  const pvUuid = pvUuidOf({ goal }, region.id);
  const section = goal.metadata.pvs.find((pv) => pv.uuid === pvUuid);
  return (section?.peStartSectors ?? 0) * SECTOR_BYTES;
}

/** Areas that a good label names, or whose own header is good: a damaged list may point anywhere. */
function trustedAreas({ pv, sizeBytes }: Region): readonly Area[] {
  const named = pv.labels.some((label) => label.good) ? (pv.header?.metadataAreas ?? []) : [];
  return [...pv.metadataAreas.filter((area) => area.headerGood), ...named].filter(
    (area) => area.offsetBytes + area.sizeBytes <= sizeBytes,
  );
}

/** The physical volume that a plan wants in a region; null where it does not know the region. */
export const pvUuidOf = ({ goal }: Pick<VgPlan, 'goal'>, regionId: string): string | null =>
  Object.keys(goal.regionOfPv).find((uuid) => goal.regionOfPv[uuid] === regionId) ?? null;

/** Where in a region extents of LVs stand: nothing may change there. Empty where the plan does not know the region. */
export function dataOf(plan: VgPlan, region: Pick<Region, 'id'>): { fromBytes: number; toBytes: number } {
  const pvUuid = pvUuidOf(plan, region.id);
  const { pvs, extentSizeSectors } = plan.goal.metadata;
  const section = pvs.find((pv) => pv.uuid === pvUuid);
  if (section === undefined) return { fromBytes: 0, toBytes: 0 };
  const fromBytes = section.peStartSectors * SECTOR_BYTES;
  return { fromBytes, toBytes: fromBytes + section.peCount * extentSizeSectors * SECTOR_BYTES };
}
