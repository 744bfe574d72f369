import type { VgPlan } from '../model/plan.ts';
import type { Area, Region } from '../model/survey.ts';
import type { SpansOf } from './ports.ts';

const SECTOR_BYTES = 512;
const MIB = 1024 * 1024;

/**
 * Every byte of a region that a plan's commands may change: from its start to beyond the metadata areas and the
 * first extent, and its last MiB (a second area; signatures that lvm wipes). The MiB behind the first extent is in
 * it to notice a write that should not have happened.
 */
export function spansOf(plan: VgPlan): SpansOf {
  return (region) => {
    const pvUuid = pvUuidOf(plan, region.id);
    const section = plan.goal.metadata.pvs.find((pv) => pv.uuid === pvUuid);
    const areas = trustedAreas(region);
    const atHead = areas.filter((area) => area.offsetBytes < region.sizeBytes / 2);
    const atTail = areas.filter((area) => area.offsetBytes >= region.sizeBytes / 2);
    const firstExtent = (section?.peStartSectors ?? 0) * SECTOR_BYTES;
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
