import { volumeGroups } from '../../faults/volume-group/view.ts';
import { isOnlyAName } from '../../model/identity.ts';
import { err, ok, type Result } from '../../model/result.ts';
import type { Disk, Region, Survey } from '../../model/survey.ts';
import type { RecordContent, RecordRegion } from './record.ts';

/**
 * A record with its places under the names that its disks have now: in a rescue system, or with one disk more, /dev/sdb
 * may be /dev/sdc. Disks are known by their identity. Fails with what is not there any more.
 */
export function located<R extends RecordContent>(record: R, survey: Survey): Result<R, string> {
  const places = record.regions.map((region) => placeNow(region, survey));
  const problems = places.flatMap((place) => (place.ok ? [] : [place.error]));
  return problems.length > 0
    ? err(problems.join('; '))
    : ok({ ...record, regions: places.flatMap((place) => (place.ok ? [place.value.named] : [])) });
}

interface Place {
  readonly disk: Disk;
  readonly region: Region;
  /** As the record has it, under today's names. */
  readonly named: RecordRegion;
}

function placeNow(wanted: RecordRegion, { disks }: Survey): Result<Place, string> {
  const there = disks.find(({ path }) => path === wanted.device);
  const same = disks.filter(({ identity }) => identity === wanted.identity);
  const disk = there !== undefined && same.includes(there) ? there : same[0];
  if (disk === undefined) {
    return err(
      there === undefined
        ? `${wanted.device} is not there`
        : `${wanted.device} is another disk than the record was made from (${there.identity}, then ${wanted.identity})`,
    );
  }
  if (disk !== there && same.length > 1) {
    const names = same.map(({ path }) => path).join(' and ');
    return err(`${names} both say that they are ${wanted.device} (${wanted.identity})`);
  }
  if (disk.sizeBytes < wanted.startBytes + wanted.sizeBytes) return err(`${disk.path} has become smaller`);
  const region = disk.regions.find(({ startBytes }) => startBytes === wanted.startBytes);
  if (region === undefined) {
    return err(
      `${wanted.id} is not there: ${disk.path} has no partition at byte ${wanted.startBytes} any more`,
    );
  }
  const { id, device, partition, node } = region;
  return ok({ disk, region, named: { ...wanted, id, device, partition, node } });
}

/** Whether a place of a record is on the disks, going by what stands there as well. */
export type Presence =
  | { readonly is: 'here'; readonly region: RecordRegion }
  /** Only its bytes can tell: it is here if nothing has changed them. */
  | { readonly is: 'unsure'; readonly region: RecordRegion; readonly why: string }
  /** `other`: the record's volume group is here, but something else stands in this place. */
  | { readonly is: 'absent' | 'other'; readonly why: string };

/**
 * Where the places of a record are, for a run that is taken up without anybody being asked: a name, or a serial number
 * that several disks have, is not enough, nor is the right disk with another physical volume on it by now.
 */
export function presenceOf(record: RecordContent, survey: Survey): Presence[] {
  const uuids = record.volumeGroups.map(({ uuid }) => uuid);
  const isGroupHere = volumeGroups(survey).some(({ ref }) => uuids.includes(ref.uuid));
  const not = (why: string): Presence => ({ is: isGroupHere ? 'other' : 'absent', why });
  return record.regions.map((wanted): Presence => {
    const place = placeNow(wanted, survey);
    if (!place.ok) return { is: 'absent', why: place.error };
    const { disk, region, named } = place.value;
    const uuid = labelledUuid(region);
    if (uuid !== null && wanted.pvUuid !== null) {
      return uuid === wanted.pvUuid
        ? { is: 'here', region: named }
        : not(`${named.id} carries another physical volume than it did`);
    }
    if (textsOn(region).some((vgUuid) => !uuids.includes(vgUuid))) {
      return not(`${named.id} carries metadata of another volume group`);
    }
    const isOneOfMany = survey.disks.filter(({ identity }) => identity === disk.identity).length > 1;
    if (!isOneOfMany && !isOnlyAName(disk.identity)) return { is: 'here', region: named };
    const why = `${named.id} cannot be told from another disk: it has no serial number of its own`;
    return isGroupHere ? { is: 'unsure', region: named, why } : { is: 'absent', why };
  });
}

const labelledUuid = ({ pv }: Region): string | null =>
  pv.labels.some((label) => label.good) ? (pv.header?.uuid ?? null) : null;

/** UUIDs of the volume groups whose texts stand committed here. */
const textsOn = ({ pv }: Region): string[] =>
  pv.metadataAreas.flatMap(({ committed }) =>
    committed?.good === true && committed.text !== null ? [committed.text.metadata.uuid] : [],
  );
