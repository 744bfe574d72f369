import type { Evidence, Occurrence } from '../model/finding.ts';
import type { Problem } from '../model/problem.ts';
import { type MetadataText, type Region, type Survey, standaloneRegions } from '../model/survey.ts';
import type { Member } from './volume-group/pieces.ts';
import type { VolumeGroupView } from './volume-group/view.ts';
import { volumeGroups } from './volume-group/view.ts';

/** A place inside a region, as evidence. `offsetInRegion` counts from the region's start. */
export function at(region: Region, offsetInRegion: number, found: string, expected: string): Evidence {
  return {
    device: region.device,
    partition: region.partition,
    offsetBytes: region.startBytes + offsetInRegion,
    found,
    expected,
  };
}

/** A decoder's problem, as evidence. */
export function problemAt(
  region: Region,
  offsetInRegion: number,
  problem: Problem | undefined,
  expected: string,
): Evidence {
  const { code, message, found } = problem ?? { code: '', message: 'nothing that reads as one' };
  return at(
    region,
    offsetInRegion,
    found === undefined ? message : `${code} ${found}`,
    problem?.expected === undefined ? expected : `${code} ${problem.expected}`,
  );
}

/** What a metadata text says, as evidence; a text in a file is named by its path. */
export function says(text: MetadataText, found: string, expected: string): Evidence {
  const { source } = text;
  return source.kind === 'disk'
    ? { device: source.device, partition: source.partition, offsetBytes: source.offsetBytes, found, expected }
    : { device: source.path, partition: null, offsetBytes: 0, found, expected };
}

/** One occurrence per member that `judge` finds something about. */
export function eachMember(
  survey: Survey,
  judge: (member: Member, view: VolumeGroupView) => Pick<Occurrence, 'summary' | 'evidence'> | null,
): Occurrence[] {
  return volumeGroups(survey).flatMap((view) =>
    view.members.flatMap((member): Occurrence[] => {
      const judged = judge(member, view);
      return judged === null ? [] : [{ ...aboutPv(view, member.section.uuid, member.region), ...judged }];
    }),
  );
}

/** One occurrence per damaged region that nothing shows to belong to a volume group. */
export function eachStranger(
  survey: Survey,
  judge: (region: Region) => Pick<Occurrence, 'summary' | 'evidence'> | null,
): Occurrence[] {
  const known = new Set(
    volumeGroups(survey).flatMap((view) => [
      ...view.members.flatMap((member) => member.candidates.map((region) => region.id)),
      ...view.outsiders.map((region) => region.id),
    ]),
  );
  return standaloneRegions(survey)
    .filter((region) => !known.has(region.id))
    .flatMap((region): Occurrence[] => {
      const judged = judge(region);
      if (judged === null) return [];
      const { id: regionId, device } = region;
      return [{ volumeGroup: null, pvUuid: null, regionId, devices: [device], severity: 'error', ...judged }];
    });
}

export function aboutPv(
  view: VolumeGroupView,
  pvUuid: string,
  region: Region | null,
): Pick<Occurrence, 'volumeGroup' | 'pvUuid' | 'regionId' | 'devices' | 'severity'> {
  return {
    volumeGroup: view.ref,
    pvUuid,
    regionId: region?.id ?? null,
    devices: region === null ? [] : [region.device],
    severity: 'error',
  };
}

/** The view a finding is about. */
export function viewOf(
  finding: Pick<Occurrence, 'volumeGroup'>,
  survey: Survey,
): VolumeGroupView | undefined {
  return volumeGroups(survey).find((view) => view.ref.uuid === finding.volumeGroup?.uuid);
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
