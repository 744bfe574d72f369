import { type BlockReader, slice } from '../../model/block-reader.ts';
import type { Problem } from '../../model/problem.ts';
import type { Partition, Signature } from '../../model/survey.ts';
import { magicAt, noteFailures, readView } from '../fields.ts';
import { isFatOrNtfs } from '../partition-tables/mbr.ts';
import { locatePartitionTable } from '../partition-tables/read-partition-table.ts';
import { readBtrfs } from './btrfs.ts';
import { readExt } from './ext.ts';
import { readLuks } from './luks.ts';
import { readMd } from './md.ts';
import { signature } from './signature.ts';
import { readSwap } from './swap.ts';
import { readXfs } from './xfs.ts';

/** More partitions than this are not looked into to tell whether a table is live. */
const MAX_PARTITIONS_LOOKED_INTO = 64;

/**
 * What stands on a region: filesystems, swap, LUKS, md members and partition tables, all that are found.
 * Offsets count from the region's start. Reads well under 2 MiB, and partitions' superblocks where there is a table.
 */
export function readSignatures(source: BlockReader): { signatures: Signature[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const reader = noteFailures(source, problems);
  const table = readTable(reader);
  const superblocks = readSuperblocks(reader).map((found) => checkSpan(found, reader));
  const signatures = table ? [table, ...superblocks] : superblocks;
  return { signatures, problems };
}

function readSuperblocks(reader: BlockReader): Signature[] {
  const found = [readLuks(reader), readXfs(reader), readExt(reader), readBtrfs(reader), readSwap(reader)];
  return [...found, ...readMd(reader)].filter((signature) => signature !== null);
}

function readTable(reader: BlockReader): Signature | null {
  const { value, problems } = locatePartitionTable(reader, null);
  if (!value) return null;
  const { table, announced, offsetBytes, uuid, spanBytes } = value;
  const live =
    announced && table.partitions.slice(0, MAX_PARTITIONS_LOOKED_INTO).some((it) => isUsed(reader, it));
  return signature({ type: table.kind, offsetBytes, uuid, spanBytes, live, problems });
}

/** True when something recognisable begins in the partition. */
function isUsed(reader: BlockReader, { startBytes, sizeBytes }: Partition): boolean {
  const partition = slice(reader, startBytes, sizeBytes);
  const head = readView(partition, 0, 2048);
  const hasLabel = head !== null && [0, 512, 1024, 1536].some((at) => magicAt(head, at, 'LABELONE'));
  return hasLabel || (head !== null && isFatOrNtfs(head)) || readSuperblocks(partition).length > 0;
}

function checkSpan(found: Signature, reader: BlockReader): Signature {
  if (found.spanBytes === null || found.spanBytes <= reader.sizeBytes) return found;
  const problem: Problem = {
    code: 'span-exceeds-region',
    message: 'The superblock speaks of more bytes than there are here.',
    offsetBytes: found.offsetBytes,
    found: String(found.spanBytes),
    expected: `<= ${reader.sizeBytes}`,
  };
  return { ...found, problems: [...found.problems, problem] };
}
