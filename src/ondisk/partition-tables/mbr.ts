import type { BlockReader } from '../../model/block-reader.ts';
import type { Decoded, Problem } from '../../model/problem.ts';
import type { Partition } from '../../model/survey.ts';
import { isPowerOfTwo, magicAt, readView } from '../fields.ts';

const ENTRIES_AT = 446;
const EXTENDED_TYPES = new Set([0x05, 0x0f, 0x85]);
const PROTECTIVE_TYPE = 0xee;
/** Far more than any tool makes; Linux itself stops at 100 links. */
const MAX_LINKS = 256;

/** One of the four slots. CHS fields are left out: they are not to be trusted. */
interface MbrEntry {
  readonly slot: number;
  readonly type: number;
  readonly startSector: number;
  readonly sectorCount: number;
}

/** Sector 0 of a disk, read as a master boot record. */
export interface BootRecord {
  /** Eight hex digits; null when zero. */
  readonly diskSignature: string | null;
  /** Slots in use. */
  readonly entries: readonly MbrEntry[];
  /** The entry of type 0xEE that says "a GPT stands here"; null without one. */
  readonly protective: MbrEntry | null;
}

/**
 * Sector 0 when it is a master boot record, else null. 0x55AA alone says nothing: boot sectors of filesystems
 * and boot code in front of a whole-disk PV end on it too.
 */
export function readBootRecord(reader: BlockReader): BootRecord | null {
  const sector = readView(reader, 0, 512);
  const entries = sector && readEntries(sector);
  if (!entries || isFatOrNtfs(sector)) return null;
  const smallestSector = 512;
  if (!entries.some((entry) => entry.startSector * smallestSector < reader.sizeBytes)) return null;
  if (entries.some((entry) => entry.startSector === 0)) return null;
  return {
    diskSignature: sector.getUint32(440, true).toString(16).padStart(8, '0').replace(/^0+$/, '') || null,
    entries,
    protective: entries.find((entry) => entry.type === PROTECTIVE_TYPE) ?? null,
  };
}

/** True when a boot sector begins a FAT, exFAT or NTFS filesystem. */
export function isFatOrNtfs(sector: DataView): boolean {
  if (sector.getUint16(510) !== 0x55aa) return false;
  if (magicAt(sector, 3, 'NTFS    ') || magicAt(sector, 3, 'EXFAT   ')) return true;
  const fatCount = sector.getUint8(16);
  return (
    [0xeb, 0xe9].includes(sector.getUint8(0)) &&
    isPowerOfTwo(sector.getUint16(11, true), 512, 4096) &&
    isPowerOfTwo(sector.getUint8(13), 1, 128) &&
    sector.getUint16(14, true) > 0 &&
    (fatCount === 1 || fatCount === 2) &&
    sector.getUint8(21) >= 0xf0
  );
}

/**
 * Primary partitions, then logical ones (from 5 on). Extended partitions are only containers and are left out.
 * Nothing is fitted to the disk yet.
 */
export function mbrPartitions(
  reader: BlockReader,
  record: BootRecord,
  sectorBytes: number,
): Decoded<Partition[]> {
  const problems: Problem[] = [];
  const partitions: Partition[] = [];
  for (const entry of record.entries) {
    if (!isExtended(entry)) partitions.push(toPartition(entry.slot + 1, entry, 0, sectorBytes));
  }
  const logical = record.entries
    .filter(isExtended)
    .flatMap((container) => logicalEntries(reader, container, sectorBytes, problems));
  logical.forEach(({ ebrSector, entry }, index) => {
    partitions.push(toPartition(index + 5, entry, ebrSector, sectorBytes));
  });
  return { value: partitions, problems };
}

/** Follows the chain of extended boot records: each holds one partition and the link to the next. */
function logicalEntries(reader: BlockReader, container: MbrEntry, sectorBytes: number, problems: Problem[]) {
  const found: { ebrSector: number; entry: MbrEntry }[] = [];
  const visited = new Set<number>();
  let ebrSector: number | null = container.startSector;
  while (ebrSector !== null) {
    const offsetBytes: number = ebrSector * sectorBytes;
    if (visited.has(ebrSector) || visited.size === MAX_LINKS) {
      problems.push({
        code: 'ebr-loop',
        message: 'The chain of logical partitions does not end.',
        offsetBytes,
      });
      break;
    }
    visited.add(ebrSector);
    const sector = readView(reader, offsetBytes, 512);
    const entries: MbrEntry[] | null = sector && readEntries(sector);
    if (!entries) {
      problems.push({
        code: 'ebr-bad',
        message: 'The chain of logical partitions breaks here: this is no extended boot record.',
        offsetBytes,
      });
      break;
    }
    for (const entry of entries) if (!isExtended(entry)) found.push({ ebrSector, entry });
    const link: MbrEntry | undefined = entries.find(isExtended);
    if (link && link.startSector >= container.sectorCount) {
      problems.push({
        code: 'ebr-outside',
        message: 'The chain of logical partitions leaves the extended partition.',
        offsetBytes,
        found: String(link.startSector),
        expected: `< ${container.sectorCount}`,
      });
      break;
    }
    ebrSector = link ? container.startSector + link.startSector : null;
  }
  return found;
}

/** The slots in use; null when the sector is no boot record. */
function readEntries(sector: DataView): MbrEntry[] | null {
  if (sector.getUint16(510) !== 0x55aa) return null;
  const slots = [0, 1, 2, 3].map((slot) => ({ slot, at: ENTRIES_AT + 16 * slot }));
  if (slots.some(({ at }) => (sector.getUint8(at) & 0x7f) !== 0)) return null;
  return slots
    .map(({ slot, at }) => ({
      slot,
      type: sector.getUint8(at + 4),
      startSector: sector.getUint32(at + 8, true),
      sectorCount: sector.getUint32(at + 12, true),
    }))
    .filter((entry) => entry.type !== 0 && entry.sectorCount !== 0);
}

const isExtended = (entry: MbrEntry): boolean => EXTENDED_TYPES.has(entry.type);

function toPartition(number: number, entry: MbrEntry, baseSector: number, sectorBytes: number): Partition {
  return {
    number,
    startBytes: (baseSector + entry.startSector) * sectorBytes,
    sizeBytes: entry.sectorCount * sectorBytes,
    type: `0x${entry.type.toString(16).padStart(2, '0')}`,
    name: '',
  };
}
