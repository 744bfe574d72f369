import { crc32 } from 'node:zlib';
import type { BlockReader } from '../../model/block-reader.ts';
import type { Decoded, Problem } from '../../model/problem.ts';
import type { Partition } from '../../model/survey.ts';
import { hex32 } from '../../model/units.ts';
import { bytesAt, dashed, hexAt, isPowerOfTwo, magicAt, readView, u64At, withZeros } from '../fields.ts';

const MAGIC = 'EFI PART';
/** The usual array takes 16 KiB; more than 1024 entries is damage. */
const MAX_ENTRIES_BYTES = 128 * 1024;

/** One of the two copies of a GPT (UEFI 2.10 §5.3), as far as it can be read. */
interface GptCopy {
  readonly offsetBytes: number;
  readonly hasMagic: boolean;
  readonly diskGuid: string | null;
  readonly alternateLba: number;
  readonly lastUsableLba: number;
  readonly partitions: readonly Partition[];
  /** The first thing that is wrong with it; null when it is whole. */
  readonly damage: Omit<Problem, 'code'> | null;
}

/** A GPT, from whichever copy is whole. */
export interface Gpt {
  readonly offsetBytes: number;
  readonly from: 'primary' | 'backup';
  readonly whole: boolean;
  readonly diskGuid: string | null;
  readonly spanBytes: number | null;
  /** Not fitted to the disk yet. */
  readonly partitions: readonly Partition[];
}

/**
 * The GPT of a disk with sectors of `sectorBytes`, or null where neither copy leaves a trace.
 * `protectiveEndLba` is the last LBA by the protective MBR: where the backup stood before a disk grew.
 */
export function readGpt(
  reader: BlockReader,
  sectorBytes: number,
  protectiveEndLba: number | null,
): Decoded<Gpt | null> {
  const lastLba = Math.floor(reader.sizeBytes / sectorBytes) - 1;
  const primary = readCopy(reader, 1, sectorBytes);
  const places = primary.damage
    ? [lastLba, ...(primary.hasMagic ? [primary.alternateLba] : []), protectiveEndLba ?? lastLba]
    : [primary.alternateLba];
  const backups = [...new Set(places)].map((lba) => readCopy(reader, lba, sectorBytes));
  const backup = backups.find((copy) => !copy.damage) ?? backups.find((copy) => copy.hasMagic) ?? backups[0];

  const saysMore = backup?.hasMagic && primary.partitions.length === 0;
  const useBackup = primary.damage && backup && (!backup.damage || saysMore);
  const copy = useBackup ? backup : primary;
  if (!copy.hasMagic || (copy.damage && !primary.hasMagic && protectiveEndLba === null)) {
    return { value: null, problems: [] };
  }

  const problems: Problem[] = [];
  if (primary.damage) problems.push({ code: 'gpt-primary-bad', ...primary.damage });
  if (backup?.damage) problems.push({ code: 'gpt-backup-bad', ...backup.damage });
  if (!copy.damage && copy.lastUsableLba > lastLba) {
    problems.push({
      code: 'gpt-beyond-disk',
      message: 'The GPT was made for a larger disk; Linux refuses it.',
      offsetBytes: copy.offsetBytes,
      found: String(copy.lastUsableLba),
      expected: `<= ${lastLba}`,
    });
  }
  const spanBytes = (Math.max(copy.alternateLba, copy.offsetBytes / sectorBytes) + 1) * sectorBytes;
  const gpt: Gpt = {
    offsetBytes: copy.offsetBytes,
    from: copy === primary ? 'primary' : 'backup',
    whole: !copy.damage,
    diskGuid: copy.diskGuid,
    spanBytes: !copy.damage && Number.isSafeInteger(spanBytes) ? spanBytes : null,
    partitions: copy.partitions,
  };
  return { value: gpt, problems };
}

function readCopy(reader: BlockReader, lba: number, sectorBytes: number): GptCopy {
  const offsetBytes = lba * sectorBytes;
  const header = readView(reader, offsetBytes, sectorBytes);
  if (!header || !magicAt(header, 0, MAGIC)) {
    const damage = {
      message: 'There is no GPT header here.',
      ...(Number.isSafeInteger(offsetBytes) && offsetBytes >= 0 && { offsetBytes }),
      found: header ? hexAt(header, 0, 8) : 'nothing readable',
      expected: MAGIC,
    };
    return {
      offsetBytes,
      hasMagic: false,
      diskGuid: null,
      alternateLba: 0,
      lastUsableLba: 0,
      partitions: [],
      damage,
    };
  }

  const entriesAt = u64At(header, 72) * sectorBytes;
  const entryBytes = header.getUint32(84, true);
  const entriesBytes = header.getUint32(80, true) * entryBytes;
  const layoutSane = isPowerOfTwo(entryBytes, 128, 4096) && entriesBytes <= MAX_ENTRIES_BYTES;
  const entries = layoutSane ? readView(reader, entriesAt, entriesBytes) : null;
  return {
    offsetBytes,
    hasMagic: true,
    diskGuid: guidAt(header, 56),
    alternateLba: u64At(header, 32),
    lastUsableLba: u64At(header, 48),
    partitions: entries ? partitionsIn(entries, entryBytes, sectorBytes) : [],
    damage: headerDamage(header, offsetBytes, lba) ?? entriesDamage(header, entries, entriesAt),
  };
}

function headerDamage(header: DataView, offsetBytes: number, lba: number): GptCopy['damage'] {
  const headerBytes = header.getUint32(12, true);
  if (headerBytes < 92 || headerBytes > header.byteLength) {
    return {
      message: 'The GPT header has an impossible size.',
      offsetBytes: offsetBytes + 12,
      found: String(headerBytes),
      expected: '92',
    };
  }
  const stored = header.getUint32(16, true);
  const computed = crc32(withZeros(header, 16, 4).subarray(0, headerBytes));
  if (stored !== computed) {
    return {
      message: 'The checksum of the GPT header is wrong.',
      offsetBytes: offsetBytes + 16,
      found: hex32(computed),
      expected: hex32(stored),
    };
  }
  const ownLba = u64At(header, 24);
  if (ownLba === lba) return null;
  return {
    message: 'The GPT header belongs to another place.',
    offsetBytes: offsetBytes + 24,
    found: String(ownLba),
    expected: String(lba),
  };
}

function entriesDamage(header: DataView, entries: DataView | null, entriesAt: number): GptCopy['damage'] {
  const offsetBytes = Number.isSafeInteger(entriesAt) ? entriesAt : 0;
  if (!entries) return { message: 'The GPT entries cannot be read where the header puts them.', offsetBytes };
  const stored = header.getUint32(88, true);
  const computed = crc32(bytesAt(entries, 0, entries.byteLength));
  if (stored === computed) return null;
  return {
    message: 'The checksum of the GPT entries is wrong.',
    offsetBytes,
    found: hex32(computed),
    expected: hex32(stored),
  };
}

function partitionsIn(entries: DataView, entryBytes: number, sectorBytes: number): Partition[] {
  const partitions: Partition[] = [];
  for (let at = 0; at + entryBytes <= entries.byteLength; at += entryBytes) {
    const type = guidAt(entries, at);
    if (type === null) continue;
    const startBytes = u64At(entries, at + 32) * sectorBytes;
    const endBytes = (u64At(entries, at + 40) + 1) * sectorBytes;
    partitions.push({
      number: at / entryBytes + 1,
      startBytes,
      sizeBytes: endBytes - startBytes,
      type,
      name: new TextDecoder('utf-16le').decode(bytesAt(entries, at + 56, 72)).replace(/\0.*$/s, ''),
    });
  }
  return partitions;
}

/** A GUID in its mixed byte order, upper case; null when it is all zero. */
function guidAt(view: DataView, offset: number): string | null {
  const hex32le = view.getUint32(offset, true).toString(16).padStart(8, '0');
  const hex16le = (at: number) => view.getUint16(at, true).toString(16).padStart(4, '0');
  const guid = dashed(hex32le + hex16le(offset + 4) + hex16le(offset + 6) + hexAt(view, offset + 8, 8));
  return guid?.toUpperCase() ?? null;
}
