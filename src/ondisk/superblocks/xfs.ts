import type { BlockReader } from '../../model/block-reader.ts';
import type { Problem } from '../../model/problem.ts';
import type { Landmark, Signature } from '../../model/survey.ts';
import { hex32 } from '../../model/units.ts';
import { crc32c } from '../crc32c.ts';
import { bytesAt, isPowerOfTwo, magicAt, readView, textAt, u64At, uuidAt, withZeros } from '../fields.ts';
import { MAX_LANDMARKS, signature, spread } from './signature.ts';

const UUID_AT = 32;
const CRC_AT = 224;
const MIN_GROUP_BLOCKS = 64;

interface Geometry {
  readonly blockBytes: number;
  readonly blockCount: number;
  readonly groupBlocks: number;
  readonly groupCount: number;
  readonly sectorBytes: number;
  readonly inodeBytes: number;
}

/** XFS, big-endian. Source: XFS Algorithms & Data Structures; Linux fs/xfs/libxfs/xfs_format.h. */
export function readXfs(reader: BlockReader): Signature | null {
  const superblock = readView(reader, 0, 512);
  if (!superblock || !magicAt(superblock, 0, 'XFSB')) return null;
  const geometry = readGeometry(superblock);
  const problems: Problem[] = geometry
    ? checksumProblems(reader, superblock, geometry)
    : [{ code: 'xfs-geometry', message: 'The XFS superblock contradicts itself.', offsetBytes: 0 }];
  if (superblock.getUint8(126) !== 0) {
    problems.push({
      code: 'xfs-unfinished',
      message: 'This XFS was never made to its end.',
      offsetBytes: 126,
    });
  }
  return signature({
    type: 'xfs',
    offsetBytes: 0,
    uuid: uuidAt(superblock, UUID_AT),
    label: textAt(superblock, 108, 12),
    spanBytes: geometry && geometry.blockCount * geometry.blockBytes,
    live: geometry !== null && rootStands(reader, superblock, geometry),
    landmarks: geometry ? landmarksOf(superblock, geometry) : [],
    problems,
  });
}

/** Null when the fields contradict each other. */
function readGeometry(superblock: DataView): Geometry | null {
  const blockBytes = superblock.getUint32(4);
  const blockCount = u64At(superblock, 8, 'be');
  const groupBlocks = superblock.getUint32(84);
  const groupCount = superblock.getUint32(88);
  const sectorBytes = superblock.getUint16(102);
  const inodeBytes = superblock.getUint16(104);
  const sane =
    isPowerOfTwo(blockBytes, 512, 65536) &&
    isPowerOfTwo(sectorBytes, 512, Math.min(blockBytes, 32768)) &&
    isPowerOfTwo(inodeBytes, 256, 2048) &&
    groupBlocks > 0 &&
    blockCount <= groupCount * groupBlocks &&
    blockCount >= (groupCount - 1) * groupBlocks + MIN_GROUP_BLOCKS &&
    Number.isSafeInteger(blockCount * blockBytes);
  return sane ? { blockBytes, blockCount, groupBlocks, groupCount, sectorBytes, inodeBytes } : null;
}

/** Only version 5 has a checksum, over the whole sector. */
function checksumProblems(reader: BlockReader, superblock: DataView, { sectorBytes }: Geometry): Problem[] {
  const sector = readView(reader, 0, sectorBytes);
  const hasChecksum = (superblock.getUint16(100) & 0xf) === 5;
  if (!sector || !hasChecksum) return [];
  const stored = sector.getUint32(CRC_AT, true);
  const computed = crc32c(withZeros(sector, CRC_AT, 4));
  if (stored === computed) return [];
  return [
    {
      code: 'xfs-checksum',
      message: 'The checksum of the XFS superblock is wrong.',
      offsetBytes: CRC_AT,
      found: hex32(computed),
      expected: hex32(stored),
    },
  ];
}

/** True when the root inode stands in its place and is a directory. */
function rootStands(reader: BlockReader, superblock: DataView, geometry: Geometry): boolean {
  const { blockBytes, groupBlocks, inodeBytes } = geometry;
  const inodesPerBlock = blockBytes / inodeBytes;
  const inodesPerGroup = inodesPerBlock * 2 ** superblock.getUint8(124);
  const root = u64At(superblock, 56, 'be');
  const group = Math.floor(root / inodesPerGroup);
  const block = group * groupBlocks + Math.floor((root % inodesPerGroup) / inodesPerBlock);
  const inode = readView(reader, block * blockBytes + (root % inodesPerBlock) * inodeBytes, 4);
  return inode !== null && magicAt(inode, 0, 'IN') && (inode.getUint16(2) & 0xf000) === 0x4000;
}

/**
 * At the start of each allocation group: magic and block size, UUID, and the AGF header with the group's own
 * number. Not `dblocks`: a growth still in the log has changed it in the copies and not in the first superblock.
 */
function landmarksOf(superblock: DataView, geometry: Geometry): Landmark[] {
  const { blockBytes, groupBlocks, groupCount, sectorBytes } = geometry;
  const start = bytesAt(superblock, 0, 8).slice();
  const uuid = bytesAt(superblock, UUID_AT, 16).slice();
  return spread(groupCount - 1, Math.floor(MAX_LANDMARKS / 3)).flatMap((group) => {
    const groupAt = group * groupBlocks * blockBytes;
    return [
      { offsetBytes: groupAt, bytes: start },
      { offsetBytes: groupAt + UUID_AT, bytes: uuid },
      { offsetBytes: groupAt + sectorBytes, bytes: agfStart(group) },
    ];
  });
}

/** Magic, version 1 and the group's number. */
function agfStart(group: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x58414746);
  view.setUint32(4, 1);
  view.setUint32(8, group);
  return bytes;
}
