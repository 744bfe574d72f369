import { crc32 } from 'node:zlib';

export interface CraftedPartition {
  readonly firstSector: number;
  readonly lastSector: number;
  readonly name?: string;
}

const LVM_GUID = Buffer.from('79d3d6e607f5c244a23c238f2a3df928', 'hex');
const ENTRY_COUNT = 128;
const ENTRY_BYTES = 128;

/** A disk with a whole GPT: protective MBR, both headers, both arrays. */
export function craftGpt(
  sizeBytes: number,
  sectorBytes: number,
  partitions: readonly CraftedPartition[],
): Buffer {
  const disk = Buffer.alloc(sizeBytes);
  const lastLba = sizeBytes / sectorBytes - 1;
  const arraySectors = (ENTRY_COUNT * ENTRY_BYTES) / sectorBytes;
  const array = Buffer.alloc(ENTRY_COUNT * ENTRY_BYTES);
  partitions.forEach(({ firstSector, lastSector, name = '' }, index) => {
    const at = index * ENTRY_BYTES;
    LVM_GUID.copy(array, at);
    array.fill(index + 1, at + 16, at + 32);
    array.writeBigUInt64LE(BigInt(firstSector), at + 32);
    array.writeBigUInt64LE(BigInt(lastSector), at + 40);
    array.write(name, at + 56, 'utf16le');
  });
  const copies = [
    { lba: 1, other: lastLba, arrayLba: 2 },
    { lba: lastLba, other: 1, arrayLba: lastLba - arraySectors },
  ];
  for (const { lba, other, arrayLba } of copies) {
    const header = disk.subarray(lba * sectorBytes, lba * sectorBytes + 92);
    header.write('EFI PART');
    header.writeUInt32LE(0x00010000, 8);
    header.writeUInt32LE(92, 12);
    header.writeBigUInt64LE(BigInt(lba), 24);
    header.writeBigUInt64LE(BigInt(other), 32);
    header.writeBigUInt64LE(BigInt(2 + arraySectors), 40);
    header.writeBigUInt64LE(BigInt(lastLba - arraySectors - 1), 48);
    header.fill(0xab, 56, 72);
    header.writeBigUInt64LE(BigInt(arrayLba), 72);
    header.writeUInt32LE(ENTRY_COUNT, 80);
    header.writeUInt32LE(ENTRY_BYTES, 84);
    header.writeUInt32LE(crc32(array), 88);
    header.writeUInt32LE(crc32(header), 16);
    array.copy(disk, arrayLba * sectorBytes);
  }
  writeMbr(disk, 0, [{ type: 0xee, start: 1, count: lastLba }]);
  return disk;
}

export interface CraftedEntry {
  readonly type: number;
  readonly start: number;
  readonly count: number;
  readonly status?: number;
}

/** Writes a boot record (MBR or EBR) into a disk. */
export function writeMbr(disk: Buffer, offsetBytes: number, entries: readonly CraftedEntry[]): void {
  entries.forEach(({ type, start, count, status = 0 }, slot) => {
    const at = offsetBytes + 446 + slot * 16;
    disk[at] = status;
    disk[at + 4] = type;
    disk.writeUInt32LE(start, at + 8);
    disk.writeUInt32LE(count, at + 12);
  });
  disk.writeUInt16BE(0x55aa, offsetBytes + 510);
}
