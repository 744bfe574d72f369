import type { BlockReader } from '../../model/block-reader.ts';
import type { Problem } from '../../model/problem.ts';
import type { Landmark, Signature } from '../../model/survey.ts';
import { hex32 } from '../../model/units.ts';
import { crc32c } from '../crc32c.ts';
import { bytesAt, hexAt, magicAt, readView, textAt, u64At, uuidAt } from '../fields.ts';
import { signature } from './signature.ts';

const SUPERBLOCK_AT = 64 * 1024;
const SUPERBLOCK_BYTES = 4096;
const MIRRORS_AT = [64 * 1024 ** 2, 256 * 1024 ** 3];
const FSID_AT = 32;
const METADATA_UUID_AT = 571;
const INCOMPAT_METADATA_UUID = 0x400;
const SYSTEM_CHUNKS_AT = 811;
const SYSTEM_CHUNKS_MAX_BYTES = 2048;
const KEY_BYTES = 17;
const CHUNK_BYTES = 48;
const STRIPE_BYTES = 32;

/** Btrfs, one device of it. Source: btrfs on-disk format; Linux include/uapi/linux/btrfs_tree.h. */
export function readBtrfs(reader: BlockReader): Signature | null {
  const superblock = readView(reader, SUPERBLOCK_AT, SUPERBLOCK_BYTES);
  if (!superblock || !magicAt(superblock, 64, '_BHRfS_M')) return null;
  const problems = checksumProblems(superblock);
  const ownPlace = u64At(superblock, 48);
  if (ownPlace !== SUPERBLOCK_AT) {
    problems.push({
      code: 'btrfs-backup-copy',
      message: 'This is a mirror of a Btrfs superblock: its filesystem begins elsewhere.',
      offsetBytes: SUPERBLOCK_AT + 48,
      found: String(ownPlace),
      expected: String(SUPERBLOCK_AT),
    });
  }
  const isSound = problems.length === 0;
  const deviceBytes = u64At(superblock, 209);
  return signature({
    type: 'btrfs',
    offsetBytes: SUPERBLOCK_AT,
    uuid: uuidAt(superblock, FSID_AT),
    label: textAt(superblock, 299, 256),
    spanBytes: Number.isFinite(deviceBytes) ? deviceBytes : null,
    clean: u64At(superblock, 96) === 0,
    live: isSound && (chunkRootStands(reader, superblock) || mirrorStands(reader, superblock)),
    landmarks: isSound ? landmarksOf(superblock, deviceBytes) : [],
    problems,
  });
}

/** Only CRC-32C, the usual checksum, is verified; the others (xxhash, SHA-256, BLAKE2) are taken on trust. */
function checksumProblems(superblock: DataView): Problem[] {
  const isCrc32c = superblock.getUint16(196, true) === 0;
  const stored = superblock.getUint32(0, true);
  const computed = crc32c(bytesAt(superblock, 32, SUPERBLOCK_BYTES - 32));
  if (!isCrc32c || stored === computed) return [];
  return [
    {
      code: 'btrfs-checksum',
      message: 'The checksum of the Btrfs superblock is wrong.',
      offsetBytes: SUPERBLOCK_AT,
      found: hex32(computed),
      expected: hex32(stored),
    },
  ];
}

/** True when the chunk tree's root stands on this device where the superblock's own chunk list maps it. */
function chunkRootStands(reader: BlockReader, superblock: DataView): boolean {
  const root = u64At(superblock, 88);
  const hasMetadataUuid = (u64At(superblock, 188) & INCOMPAT_METADATA_UUID) !== 0;
  const fsid = hexAt(superblock, hasMetadataUuid ? METADATA_UUID_AT : FSID_AT, 16);
  return placesOf(superblock, root).some((place) => {
    const header = readView(reader, place, 56);
    return header !== null && hexAt(header, 32, 16) === fsid && u64At(header, 48) === root;
  });
}

/** Where a logical address of a system chunk stands on this device. */
function placesOf(superblock: DataView, address: number): number[] {
  const device = u64At(superblock, 201);
  const end = SYSTEM_CHUNKS_AT + Math.min(superblock.getUint32(160, true), SYSTEM_CHUNKS_MAX_BYTES);
  const places: number[] = [];
  let at = SYSTEM_CHUNKS_AT;
  while (at + KEY_BYTES + CHUNK_BYTES <= end) {
    const chunkStart = u64At(superblock, at + 9);
    const chunkAt = at + KEY_BYTES;
    const chunkLength = u64At(superblock, chunkAt);
    const stripesAt = chunkAt + CHUNK_BYTES;
    const stripesEnd = stripesAt + superblock.getUint16(chunkAt + 44, true) * STRIPE_BYTES;
    const holdsIt = address >= chunkStart && address < chunkStart + chunkLength;
    for (
      let stripe = stripesAt;
      holdsIt && stripe + STRIPE_BYTES <= Math.min(stripesEnd, end);
      stripe += STRIPE_BYTES
    ) {
      const isHere = u64At(superblock, stripe) === device;
      if (isHere) places.push(u64At(superblock, stripe + 8) + address - chunkStart);
    }
    at = stripesEnd;
  }
  return places;
}

function mirrorStands(reader: BlockReader, superblock: DataView): boolean {
  const mirror = readView(reader, MIRRORS_AT[0] ?? 0, 72);
  return (
    mirror !== null &&
    magicAt(mirror, 64, '_BHRfS_M') &&
    hexAt(mirror, FSID_AT, 16) === hexAt(superblock, FSID_AT, 16)
  );
}

/** In each mirror: the filesystem's id and the mirror's own place. */
function landmarksOf(superblock: DataView, deviceBytes: number): Landmark[] {
  return MIRRORS_AT.filter((mirrorAt) => mirrorAt + SUPERBLOCK_BYTES < deviceBytes).map((mirrorAt) => {
    const bytes = bytesAt(superblock, FSID_AT, 24).slice();
    new DataView(bytes.buffer).setBigUint64(16, BigInt(mirrorAt), true);
    return { offsetBytes: mirrorAt + FSID_AT, bytes };
  });
}
