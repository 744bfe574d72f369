import { type MetadataText, type Region, type Survey, standaloneRegions } from '../../model/survey.ts';
import { proofOf } from './base.ts';
import { formerIdOf } from './identify.ts';
import type { Circumstances } from './lineage.ts';
import { belongsToAnother, labelledUuid } from './pieces.ts';
import { type VolumeGroupView, volumeGroups } from './view.ts';

/** What the fate of the PV on `region` (null: it is not here) is judged by, beside its volume group's generations. */
export function circumstancesOf(view: VolumeGroupView, survey: Survey, region: Region | null): Circumstances {
  const regions = standaloneRegions(survey);
  // One with another id comes back by its own finding alone.
  const returning = view.outsiders
    .filter((outsider) => !belongsToAnother(outsider, view.ref.uuid))
    .flatMap(
      (outsider) =>
        (outsider.id === region?.id ? formerIdOf(outsider, view, regions) : labelledUuid(outsider)) ?? [],
    );
  const here = view.members.flatMap((member) => (member.region === null ? [] : [member.section.uuid]));
  return {
    isProven: (text) => isProven(text, region, survey),
    available: new Set([...here, ...returning]),
    elsewhere: lvsElsewhere(view, survey),
  };
}

/** Ids of the LVs that other volume groups have: these were moved there (vgsplit, vgmerge). */
export const lvsElsewhere = (view: VolumeGroupView, survey: Survey): ReadonlySet<string> =>
  new Set(
    volumeGroups(survey)
      .filter(({ ref }) => ref.uuid !== view.ref.uuid)
      .flatMap(({ base }) => base.metadata.lvs.map(({ uuid }) => uuid)),
  );

/** Committed on the disk itself, or borne out by a second copy or by what stands on the disks. */
function isProven(text: MetadataText, region: Region | null, survey: Survey): boolean {
  const isOwn = region?.pv.metadataAreas.some(
    (area) => area.committed?.good && area.committed.text?.digest === text.digest,
  );
  return isOwn === true || proofOf(text, survey) !== 'none';
}
