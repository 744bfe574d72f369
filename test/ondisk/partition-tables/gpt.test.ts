import { describe, expect, it } from 'vitest';
import { bytesReader } from '../../../src/model/block-reader.ts';
import { readPartitionTable } from '../../../src/ondisk/partition-tables/read-partition-table.ts';
import { emptyImage, haveTools, imageReader, MIB, run, sparseReader } from '../images.ts';
import { craftGpt } from './craft-tables.ts';

const LVM = 'E6D6D379-F507-44C2-A23C-238F2A3DF928';
const read = (disk: Uint8Array, sectorBytes: 512 | 4096 | null = null) =>
  readPartitionTable(bytesReader(disk), sectorBytes);
const codes = ({ problems }: ReturnType<typeof read>) => problems.map(({ code }) => code);

const twoPartitions = (sectorBytes: number) =>
  craftGpt(8 * MIB, sectorBytes, [
    { firstSector: MIB / sectorBytes, lastSector: (2 * MIB) / sectorBytes - 1, name: 'größer' },
    { firstSector: (4 * MIB) / sectorBytes, lastSector: (5 * MIB) / sectorBytes - 1 },
  ]);
const asWritten = [
  { number: 1, startBytes: MIB, sizeBytes: MIB, type: LVM, name: 'größer' },
  { number: 2, startBytes: 4 * MIB, sizeBytes: MIB, type: LVM, name: '' },
];

describe.each([512, 4096] as const)('a GPT with %i-byte sectors', (sectorBytes) => {
  it.each([sectorBytes, null])('is read when the sector size is given as %s', (given) => {
    expect(read(twoPartitions(sectorBytes), given)).toEqual({
      value: { kind: 'gpt', partitions: asWritten },
      problems: [],
    });
  });

  it.each([
    ['header magic', 1 * sectorBytes],
    ['header field', 1 * sectorBytes + 60],
    ['entry', 2 * sectorBytes + 40],
  ])('is read from its backup when a byte of the primary %s is damaged', (_, at) => {
    const disk = twoPartitions(sectorBytes);
    disk[at] = (disk[at] ?? 0) ^ 0xff;
    const table = read(disk);
    expect(table.value?.partitions).toEqual(asWritten);
    expect(table.problems).toEqual([
      expect.objectContaining({
        code: 'gpt-primary-bad',
        found: expect.any(String),
        expected: expect.any(String),
      }),
    ]);
  });

  it('is read from its backup when the head of the disk is gone', () => {
    const table = read(twoPartitions(sectorBytes).fill(0, 0, MIB));
    expect(table.value?.partitions).toEqual(asWritten);
    expect(codes(table)).toEqual(['gpt-primary-bad', 'gpt-no-protective-mbr']);
  });

  it('is reported when only its backup is damaged', () => {
    const disk = twoPartitions(sectorBytes);
    const table = read(disk.fill(0, disk.length - sectorBytes));
    expect(table.value?.partitions).toEqual(asWritten);
    expect(codes(table)).toEqual(['gpt-backup-bad']);
  });
});

describe('a damaged GPT', () => {
  it('is found by the protective MBR after the disk grew and the primary was lost', () => {
    const disk = twoPartitions(512).fill(0, 512, 34 * 512);
    const table = readPartitionTable(sparseReader(100 * MIB, [{ at: 0, bytes: disk }]), null);
    expect(table.value?.partitions).toEqual(asWritten);
    expect(codes(table)).toEqual(['gpt-primary-bad']);
  });

  it('gives what its entries say when both copies are damaged, with both problems', () => {
    const disk = twoPartitions(512);
    disk[512 + 60] = 0;
    disk[disk.length - 512 + 60] = 0;
    const table = read(disk);
    expect(table.value?.partitions).toEqual(asWritten);
    expect(codes(table)).toEqual(['gpt-primary-bad', 'gpt-backup-bad']);
  });

  it('is an empty table when neither entries nor backup are left', () => {
    const table = read(twoPartitions(512).fill(0, 1024));
    expect(table.value).toEqual({ kind: 'gpt', partitions: [] });
    expect(codes(table)).toEqual(['gpt-primary-bad', 'gpt-backup-bad']);
  });

  it('is an empty table when the protective MBR is all that is left', () => {
    const table = read(twoPartitions(512).fill(0, 512));
    expect(table.value).toEqual({ kind: 'gpt', partitions: [] });
    expect(codes(table)).toEqual(['gpt-lost']);
  });

  it('is cut where a truncated disk ends', () => {
    const table = read(twoPartitions(512).subarray(0, 4.5 * MIB));
    expect(table.value?.partitions[1]).toEqual({ ...asWritten[1], sizeBytes: MIB / 2 });
    expect(codes(table)).toEqual(['gpt-backup-bad', 'gpt-beyond-disk', 'partition-cut']);
  });

  it('leaves out partitions past the end of the disk and those that end before they begin', () => {
    const disk = craftGpt(2 * MIB, 512, [
      { firstSector: 1e9, lastSector: 2e9 },
      { firstSector: 300, lastSector: 200 },
      { firstSector: 2048, lastSector: 3000 },
    ]);
    const table = read(disk);
    expect(table.value?.partitions.map(({ number }) => number)).toEqual([3]);
    expect(codes(table)).toEqual(['partition-outside', 'partition-empty']);
  });

  it('keeps partitions that overlap, and says so', () => {
    const disk = craftGpt(2 * MIB, 512, [
      { firstSector: 1000, lastSector: 2000 },
      { firstSector: 2000, lastSector: 3000 },
    ]);
    const table = read(disk);
    expect(table.value?.partitions).toHaveLength(2);
    expect(codes(table)).toEqual(['partition-overlap']);
  });

  it('does not spend time on an absurd number of entries', () => {
    const disk = twoPartitions(512);
    disk.writeUInt32LE(0xffffffff, 512 + 80);
    expect(codes(read(disk))).toEqual(['gpt-primary-bad']);
  });
});

describe.skipIf(!haveTools('parted'))('a GPT made by parted', () => {
  it('is read with its partitions, types and names', () => {
    const path = emptyImage(64 * MIB);
    const parts = [
      ['mkpart', 'system', '1MiB', '9MiB'],
      ['mkpart', 'data', '10MiB', '63MiB'],
    ].flat();
    run('parted', ['-s', path, 'mklabel', 'gpt', ...parts, 'set', '1', 'lvm', 'on']);
    const table = readPartitionTable(imageReader(path), null);
    expect(table.problems).toEqual([]);
    expect(table.value?.partitions).toEqual([
      { number: 1, startBytes: MIB, sizeBytes: 8 * MIB, type: LVM, name: 'system' },
      expect.objectContaining({ number: 2, startBytes: 10 * MIB, sizeBytes: 53 * MIB, name: 'data' }),
    ]);
  });
});
