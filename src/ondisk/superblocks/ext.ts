import type { BlockReader } from '../../model/block-reader.ts';
import type { Problem } from '../../model/problem.ts';
import type { Landmark, Signature } from '../../model/survey.ts';
import { hex32 } from '../../model/units.ts';
import { crc32c } from '../crc32c.ts';
import { bytesAt, isPowerOfTwo, readView, textAt, uuidAt } from '../fields.ts';
import { MAX_LANDMARKS, signature, spread } from './signature.ts';

const SUPERBLOCK_AT = 1024;
const UUID_AT = 104;

const COMPAT_JOURNAL = 0x4;
const COMPAT_SPARSE_SUPER2 = 0x200;
const INCOMPAT_RECOVER = 0x4;
const INCOMPAT_JOURNAL_DEV = 0x8;
const INCOMPAT_64BIT = 0x80;
/** filetype, recover, journal_dev, meta_bg: what ext3 knows; anything more makes it ext4. */
const INCOMPAT_BEFORE_EXT4 = 0x1e;
const RO_SPARSE_SUPER = 0x1;
const RO_METADATA_CSUM = 0x400;
/** sparse_super, large_file, btree_dir. */
const RO_BEFORE_EXT4 = 0x7;

interface Geometry {
  readonly blockBytes: number;
  readonly blockCount: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly groupCount: number;
  readonly compat: number;
  readonly incompat: number;
  readonly roCompat: number;
}

/** ext2, ext3, ext4 or an external journal (`jbd`). Source: Linux Documentation/filesystems/ext4. */
export function readExt(reader: BlockReader): Signature | null {
  const superblock = readView(reader, SUPERBLOCK_AT, 1024);
  const geometry = superblock && readGeometry(superblock);
  if (!geometry) return null;
  const { blockBytes, blockCount, incompat, roCompat } = geometry;

  const problems: Problem[] = [];
  const computed = ~crc32c(bytesAt(superblock, 0, 1020)) >>> 0;
  const stored = superblock.getUint32(1020, true);
  if (roCompat & RO_METADATA_CSUM && stored !== computed) {
    problems.push({
      code: 'ext-checksum',
      message: 'The checksum of the ext superblock is wrong.',
      offsetBytes: SUPERBLOCK_AT + 1020,
      found: hex32(computed),
      expected: hex32(stored),
    });
  }
  const group = superblock.getUint16(90, true);
  if (group !== 0) {
    problems.push({
      code: 'ext-backup-copy',
      message: 'This is a backup copy of an ext superblock: its filesystem begins elsewhere.',
      offsetBytes: SUPERBLOCK_AT + 90,
      found: String(group),
      expected: '0',
    });
  }
  const isJournal = (incompat & INCOMPAT_JOURNAL_DEV) !== 0;
  const isStart = group === 0 && !isJournal;
  const state = superblock.getUint16(58, true);
  return signature({
    type: typeOf(geometry),
    offsetBytes: SUPERBLOCK_AT,
    uuid: uuidAt(superblock, UUID_AT),
    label: textAt(superblock, 120, 16),
    spanBytes: blockCount * blockBytes,
    clean: isJournal ? null : (state & 3) === 1 && (incompat & INCOMPAT_RECOVER) === 0,
    lastMountedOn: textAt(superblock, 136, 64),
    live: isStart && rootStands(reader, superblock, geometry),
    landmarks: isStart ? landmarksOf(superblock, geometry) : [],
    problems,
  });
}

/** Null unless the fields agree with each other: the magic is only two bytes. */
function readGeometry(superblock: DataView): Geometry | null {
  const u32 = (offset: number) => superblock.getUint32(offset, true);
  const compat = u32(92);
  const incompat = u32(96);
  const roCompat = u32(100);
  const blockBytes = 1024 * 2 ** u32(24);
  const highBlocks = incompat & INCOMPAT_64BIT ? u32(336) : 0;
  const blockCount = u32(4) + highBlocks * 2 ** 32;
  const firstDataBlock = u32(20);
  const blocksPerGroup = u32(32);
  const sane =
    superblock.getUint16(56, true) === 0xef53 &&
    blockBytes <= 65536 &&
    u32(76) <= 1 &&
    firstDataBlock <= (blockBytes === 1024 ? 1 : 0) &&
    blockCount > firstDataBlock &&
    Number.isSafeInteger(blockCount * blockBytes) &&
    ((incompat & INCOMPAT_JOURNAL_DEV) !== 0 || (blocksPerGroup > 0 && u32(40) > 0));
  if (!sane) return null;
  const groupCount = Math.ceil((blockCount - firstDataBlock) / blocksPerGroup);
  return { blockBytes, blockCount, firstDataBlock, blocksPerGroup, groupCount, compat, incompat, roCompat };
}

function typeOf({ compat, incompat, roCompat }: Geometry): string {
  if (incompat & INCOMPAT_JOURNAL_DEV) return 'jbd';
  if (incompat & ~INCOMPAT_BEFORE_EXT4 || roCompat & ~RO_BEFORE_EXT4) return 'ext4';
  return compat & COMPAT_JOURNAL ? 'ext3' : 'ext2';
}

/** True when group descriptor 0 points into the filesystem and inode 2 is a directory. */
function rootStands(reader: BlockReader, superblock: DataView, geometry: Geometry): boolean {
  const { blockBytes, blockCount, firstDataBlock, incompat } = geometry;
  const descriptorsBlock = SUPERBLOCK_AT / blockBytes < 1 ? 1 : 2;
  const isWide = (incompat & INCOMPAT_64BIT) !== 0 && superblock.getUint16(254, true) >= 64;
  const descriptor = readView(reader, descriptorsBlock * blockBytes, 64);
  if (!descriptor) return false;
  const blockAt = (offset: number) =>
    descriptor.getUint32(offset, true) + (isWide ? descriptor.getUint32(offset + 32, true) * 2 ** 32 : 0);
  const [blockBitmap, inodeBitmap, inodeTable] = [blockAt(0), blockAt(4), blockAt(8)];
  const stands = (block: number) => block > firstDataBlock && block < blockCount;
  const isOldRevision = superblock.getUint32(76, true) === 0;
  const inodeBytes = isOldRevision ? 128 : superblock.getUint16(88, true);
  if (![blockBitmap, inodeBitmap, inodeTable].every(stands)) return false;
  if (!isPowerOfTwo(inodeBytes, 128, blockBytes)) return false;
  const mode = readView(reader, inodeTable * blockBytes + inodeBytes, 2);
  return mode !== null && (mode.getUint16(0, true) & 0xf000) === 0x4000;
}

/**
 * The UUID in each backup superblock. Nothing else of them is sure: state and times differ,
 * and kernels that resized online left group number 0 in them.
 */
function landmarksOf(superblock: DataView, geometry: Geometry): Landmark[] {
  const { blockBytes, firstDataBlock, blocksPerGroup } = geometry;
  const bytes = bytesAt(superblock, UUID_AT, 16).slice();
  return backupGroups(superblock, geometry).map((group) => ({
    offsetBytes: (firstDataBlock + group * blocksPerGroup) * blockBytes + UUID_AT,
    bytes,
  }));
}

/** Groups that hold a backup superblock, in ascending order. */
function backupGroups(superblock: DataView, { compat, roCompat, groupCount }: Geometry): number[] {
  const ascending = (groups: number[]) =>
    [...new Set(groups)].filter((group) => group > 0 && group < groupCount).sort((a, b) => a - b);
  if (compat & COMPAT_SPARSE_SUPER2) {
    return ascending([superblock.getUint32(588, true), superblock.getUint32(592, true)]);
  }
  if (!(roCompat & RO_SPARSE_SUPER)) return spread(groupCount - 1, MAX_LANDMARKS);
  const powers = [3, 5, 7].flatMap((base) => Array.from({ length: 20 }, (_, exponent) => base ** exponent));
  return ascending(powers);
}
