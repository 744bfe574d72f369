import { faultCalled } from '../faults/catalogue.ts';
import { volumeGroups } from '../faults/volume-group/view.ts';
import { extentMap } from '../model/extents.ts';
import { isStillIn } from '../model/past-lv.ts';
import type { VgPlan } from '../model/plan.ts';
import { allRegions, type MetadataArea, type Survey } from '../model/survey.ts';
import { diagnose, isFault } from './diagnose.ts';

/**
 * What keeps a survey from being the plan's goal, as sentences; empty when it is met. Exit statuses of lvm do not
 * enter: every area in use must hold the same text, of every PV, with the extents of the goal.
 */
export function unmet(plan: VgPlan, survey: Survey): string[] {
  const { goal, volumeGroup } = plan;
  const view = volumeGroups(survey).find((each) => each.ref.uuid === volumeGroup.uuid);
  if (view === undefined) return [`volume group ${volumeGroup.name} is not to be found`];
  const { metadata } = view.base;
  const expected = new Set(goal.metadata.pvs.map((pv) => pv.uuid));
  const actual = new Set(metadata.pvs.map((pv) => pv.uuid));
  const absent = new Set(goal.absentPvUuids);
  return [
    ...(expected.size === actual.size && [...expected].every((uuid) => actual.has(uuid))
      ? []
      : ['its physical volumes are not those of the plan']),
    ...(extentMap(metadata) === extentMap(goal.metadata)
      ? []
      : ['its logical volumes are not those of the plan']),
    ...goal.mustHold
      .filter((past) => !isStillIn(past, metadata))
      .map(({ lv }) => `logical volume ${lv.name} is not there as it was`),
    ...(metadata.seqno > goal.seqnoAfter
      ? [`its seqno is ${metadata.seqno}, above the plan's ${goal.seqnoAfter}`]
      : []),
    ...metadata.pvs
      .filter((pv) => pv.flags.includes('MISSING') && !absent.has(pv.uuid))
      .map((pv) => `PV ${pv.uuid} is still called MISSING`),
    ...areasApart(plan, survey),
    ...diagnose(survey)
      .filter((finding) => finding.volumeGroup?.uuid === volumeGroup.uuid && isFault(finding))
      // What boot still waits for comes up after the repair.
      .filter((finding) => !faultCalled(finding.fault)?.consequence)
      .filter((finding) => finding.pvUuid === null || !absent.has(finding.pvUuid))
      .map((finding) => finding.summary),
  ];
}

/** Areas of the VG's PVs that do not hold one and the same text. */
function areasApart(plan: VgPlan, survey: Survey): string[] {
  const mine = new Set(plan.regionIds);
  const regions = allRegions(survey).filter((region) => mine.has(region.id));
  const areas = regions.flatMap((region) =>
    region.pv.metadataAreas.filter((area) => !area.ignored).map((area) => ({ region, area })),
  );
  const digests = new Set(areas.map(({ area }) => digestOf(area)));
  if (areas.length > 0 && digests.size === 1 && !digests.has(null)) return [];
  const where = areas.map(
    ({ region, area }) => `${region.id} at ${area.offsetBytes}: seqno ${seqnoOf(area)}`,
  );
  return [`the metadata areas do not agree (${where.join(', ') || 'there is none'})`];
}

const digestOf = (area: MetadataArea): string | null =>
  area.committed?.good ? (area.committed.text?.digest ?? null) : null;
const seqnoOf = (area: MetadataArea): string =>
  area.committed?.good ? String(area.committed.text?.metadata.seqno) : 'none that is right';
