import type { Decoded, Problem } from '../../model/problem.ts';
import type { Partition } from '../../model/survey.ts';

/**
 * Partitions as they fit on the disk: cut at its end, left out when they lie past it or are empty.
 * Overlapping ones stay as written, since the table alone does not say which of them is wrong.
 */
export function fitPartitions(partitions: readonly Partition[], diskBytes: number): Decoded<Partition[]> {
  const problems: Problem[] = [];
  const report = (
    code: string,
    { number, startBytes }: Partition,
    what: string,
    found: number,
    expected: number,
  ) =>
    problems.push({
      code,
      message: `Partition ${number} ${what}.`,
      ...(Number.isFinite(startBytes) && { offsetBytes: startBytes }),
      found: String(found),
      expected: String(expected),
    });

  const fitted = partitions.flatMap((partition) => {
    const { startBytes, sizeBytes } = partition;
    if (!(startBytes < diskBytes)) {
      report('partition-outside', partition, 'begins past the end of the disk', startBytes, diskBytes);
      return [];
    }
    if (!(sizeBytes > 0)) {
      report('partition-empty', partition, 'ends before it begins', sizeBytes, 1);
      return [];
    }
    const room = diskBytes - startBytes;
    if (sizeBytes <= room) return [partition];
    report('partition-cut', partition, 'reaches past the end of the disk', sizeBytes, room);
    return [{ ...partition, sizeBytes: room }];
  });

  let furthest = { endBytes: 0, number: 0 };
  for (const partition of fitted.toSorted((a, b) => a.startBytes - b.startBytes)) {
    const { startBytes, number } = partition;
    if (startBytes < furthest.endBytes) {
      report(
        'partition-overlap',
        partition,
        `overlaps partition ${furthest.number}`,
        startBytes,
        furthest.endBytes,
      );
    }
    const endBytes = startBytes + partition.sizeBytes;
    if (endBytes > furthest.endBytes) furthest = { endBytes, number };
  }
  return { value: fitted, problems };
}
