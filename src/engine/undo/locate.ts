import { err, ok, type Result } from '../../model/result.ts';
import type { Disk, Survey } from '../../model/survey.ts';
import type { RecordContent, RecordRegion } from './record.ts';

/**
 * A record with its places under the names that its disks have now: in a rescue system, or with one disk more, /dev/sdb
 * may be /dev/sdc. Disks are known by their identity. Fails with what is not there any more, as sentences.
 */
export function located<R extends RecordContent>(record: R, survey: Survey): Result<R, string> {
  const places = record.regions.map((region) => placeNow(region, survey));
  const problems = places.flatMap((place) => (place.ok ? [] : [place.error]));
  return problems.length > 0
    ? err(problems.join('; '))
    : ok({ ...record, regions: places.flatMap((place) => (place.ok ? [place.value] : [])) });
}

function placeNow(region: RecordRegion, { disks }: Survey): Result<RecordRegion, string> {
  const there = disks.find(({ path }) => path === region.device);
  if (there?.identity === region.identity) return placeOn(there, region, region);
  const [renamed, ...more] = disks.filter(({ identity }) => identity === region.identity);
  if (renamed === undefined) {
    return err(
      there === undefined
        ? `${region.device} is not there`
        : `${region.device} is another disk than the record was made from (${there.identity}, then ${region.identity})`,
    );
  }
  const names = [renamed, ...more].map(({ path }) => path).join(' and ');
  if (more.length > 0) return err(`${names} both say that they are ${region.device} (${region.identity})`);
  const now = renamed.regions.find(({ startBytes }) => startBytes === region.startBytes);
  return now === undefined
    ? err(`${region.id} is ${renamed.path} now, and has nothing at byte ${region.startBytes}`)
    : placeOn(renamed, region, { id: now.id, device: renamed.path, node: now.node });
}

function placeOn(
  disk: Disk,
  region: RecordRegion,
  name: Pick<RecordRegion, 'id' | 'device' | 'node'>,
): Result<RecordRegion, string> {
  return disk.sizeBytes < region.startBytes + region.sizeBytes
    ? err(`${disk.path} has become smaller`)
    : ok({ ...region, ...name });
}
