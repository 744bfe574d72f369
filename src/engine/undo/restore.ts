import { err, ok, type Result } from '../../model/result.ts';
import type { LiveTarget, Notify, RecordFiles } from '../ports.ts';
import { blocksOf, checksum } from './blocks.ts';
import { beforeImage, crcBefore, crcIn, type Image, recordBlocks, type UndoRecord } from './record.ts';

export interface Restored {
  readonly restoredBytes: number;
  readonly devices: readonly string[];
}

export const NOTHING_RESTORED: Restored = { restoredBytes: 0, devices: [] };

/** Places that are neither as the record found them nor as a known run left them, as sentences (at most a few). */
export function foreignChanges(record: UndoRecord, target: LiveTarget, known: readonly Image[]): string[] {
  const differences: string[] = [];
  for (const block of recordBlocks(record)) {
    const now = checksum(readBlock(target, block.region.id, block.offsetBytes, block.lengthBytes));
    if (now === crcBefore(block) || known.some((image) => crcIn(image, block) === now)) continue;
    differences.push(
      `${block.region.id}: the block at byte ${block.offsetBytes} was changed by something else since`,
    );
    if (differences.length >= 3) break;
  }
  return differences;
}

/**
 * Puts every block of a record back as it was, writing only those that differ; then reads all of them again.
 * Fails with what could not be written or does not read back.
 */
export async function restore(
  record: UndoRecord,
  files: RecordFiles,
  target: LiveTarget,
  notify: Notify,
): Promise<Result<Restored, string>> {
  const total = record.regions.reduce(
    (sum, region) => sum + region.spans.reduce((n, span) => n + span.blocks.length, 0),
    0,
  );
  const devices = new Set<string>();
  const failures: string[] = [];
  let restoredBytes = 0;
  let done = 0;
  for (const { region, offsetBytes, lengthBytes, bytes } of beforeImage(record, files)) {
    if (done++ % 256 === 0) notify({ type: 'progress', phase: 'undo', done, total });
    if (Buffer.compare(readBlock(target, region.id, offsetBytes, lengthBytes), bytes) === 0) continue;
    const written = target.writer(region.id).write(offsetBytes, bytes);
    if (!written.ok) failures.push(`${region.id} at byte ${offsetBytes}: ${written.error}`);
    devices.add(region.device);
    restoredBytes += lengthBytes;
  }
  for (const { id } of record.regions) {
    const synced = target.writer(id).sync();
    if (!synced.ok) failures.push(`${id}: ${synced.error}`);
  }
  notify({ type: 'progress', phase: 'undo', done: total, total });
  await target.forgetCached();
  for (const block of recordBlocks(record)) {
    const now = checksum(readBlock(target, block.region.id, block.offsetBytes, block.lengthBytes));
    if (now !== crcBefore(block))
      failures.push(`${block.region.id} at byte ${block.offsetBytes} is not as it was`);
  }
  return failures.length === 0
    ? ok({ restoredBytes, devices: [...devices] })
    : err([...new Set(failures)].slice(0, 5).join('; '));
}

function readBlock(
  target: LiveTarget,
  regionId: string,
  offsetBytes: number,
  lengthBytes: number,
): Uint8Array {
  const [block] = blocksOf(target.reader(regionId), { offsetBytes, lengthBytes });
  return block?.bytes ?? new Uint8Array();
}
