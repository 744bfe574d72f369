import type { BlockReader } from '../../model/block-reader.ts';
import type { Problem } from '../../model/problem.ts';
import type { Signature } from '../../model/survey.ts';
import { hex32 } from '../../model/units.ts';
import { dashed, readView, textAt, u64At, uuidAt } from '../fields.ts';
import { signature } from './signature.ts';

const MAGIC = 0xa92b4efc;
const TYPE = 'linux_raid_member';
const SUPERBLOCK_BYTES = 4096;
const ROLES_AT = 256;
const SECTOR = 512;

/** Members of md arrays, metadata 0.90, 1.0, 1.1 and 1.2. Source: Linux include/uapi/linux/raid/md_p.h. */
export function readMd(reader: BlockReader): Signature[] {
  const { sizeBytes } = reader;
  const version0At = Math.floor(sizeBytes / 65536) * 65536 - 65536;
  const version1At = new Set([0, 4096, Math.floor((sizeBytes - 16 * SECTOR) / 4096) * 4096]);
  return [readVersion0(reader, version0At), ...[...version1At].map((at) => readVersion1(reader, at))].filter(
    (found) => found !== null,
  );
}

function readVersion0(reader: BlockReader, offsetBytes: number): Signature | null {
  const superblock = readView(reader, offsetBytes, SUPERBLOCK_BYTES);
  if (!superblock || superblock.getUint32(0, true) !== MAGIC || superblock.getUint32(4, true) !== 0)
    return null;
  const uuidWords = [20, 52, 56, 60].map((at) =>
    superblock.getUint32(at, true).toString(16).padStart(8, '0'),
  );
  const problems = checksumProblems(superblock, SUPERBLOCK_BYTES, 152, offsetBytes);
  return signature({
    type: TYPE,
    offsetBytes,
    uuid: dashed(uuidWords.join('')),
    spanBytes: superblock.getUint32(32, true) * 1024 || null,
    live: problems.length === 0,
    problems,
  });
}

function readVersion1(reader: BlockReader, offsetBytes: number): Signature | null {
  const superblock = readView(reader, offsetBytes, SUPERBLOCK_BYTES);
  if (!superblock || superblock.getUint32(0, true) !== MAGIC || superblock.getUint32(4, true) !== 1)
    return null;
  const ownPlace = u64At(superblock, 144) * SECTOR;
  if (ownPlace !== offsetBytes) return null;
  const summedBytes = ROLES_AT + superblock.getUint32(220, true) * 2;
  const problems = checksumProblems(superblock, summedBytes, 216, offsetBytes);
  const dataEnd = (u64At(superblock, 128) + u64At(superblock, 136)) * SECTOR;
  const spanBytes = Math.max(dataEnd, offsetBytes + SUPERBLOCK_BYTES);
  return signature({
    type: TYPE,
    offsetBytes,
    uuid: uuidAt(superblock, 16),
    label: textAt(superblock, 32, 32),
    spanBytes: Number.isSafeInteger(spanBytes) ? spanBytes : null,
    live: problems.length === 0,
    problems,
  });
}

/** The sum of the 32-bit words, without the stored one, the carry added back. */
function checksumProblems(
  superblock: DataView,
  summedBytes: number,
  storedAt: number,
  offsetBytes: number,
): Problem[] {
  const stored = superblock.getUint32(storedAt, true);
  const end = Math.min(summedBytes, superblock.byteLength);
  let sum = -stored;
  for (let at = 0; at + 4 <= end; at += 4) sum += superblock.getUint32(at, true);
  if (end % 4 === 2) sum += superblock.getUint16(end - 2, true);
  const computed = ((sum % 2 ** 32) + Math.floor(sum / 2 ** 32)) >>> 0;
  if (stored === computed && end === summedBytes) return [];
  return [
    {
      code: 'md-checksum',
      message: 'The checksum of the md superblock is wrong.',
      offsetBytes: offsetBytes + storedAt,
      found: hex32(computed),
      expected: hex32(stored),
    },
  ];
}
