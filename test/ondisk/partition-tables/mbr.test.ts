import { describe, expect, it } from 'vitest';
import { bytesReader } from '../../../src/model/block-reader.ts';
import { readPartitionTable } from '../../../src/ondisk/partition-tables/read-partition-table.ts';
import { emptyImage, haveTools, imageReader, MIB, run } from '../images.ts';
import { craftGpt, writeMbr } from './craft-tables.ts';

const read = (disk: Uint8Array, sectorBytes: 512 | 4096 | null = null) =>
  readPartitionTable(bytesReader(disk), sectorBytes);
const codes = ({ problems }: ReturnType<typeof read>) => problems.map(({ code }) => code);

/** One primary and an extended partition with two logical ones; numbers in sectors. */
function withLogical(sectorBytes: number): Buffer {
  const disk = Buffer.alloc(1000 * sectorBytes);
  writeMbr(disk, 0, [
    { type: 0x8e, start: 10, count: 90, status: 0x80 },
    { type: 0x0f, start: 100, count: 900 },
  ]);
  writeMbr(disk, 100 * sectorBytes, [
    { type: 0x83, start: 10, count: 100 },
    { type: 0x05, start: 300, count: 200 },
  ]);
  writeMbr(disk, 400 * sectorBytes, [{ type: 0x8e, start: 5, count: 50 }]);
  return disk;
}

describe.each([512, 4096] as const)('an MBR with %i-byte sectors', (sectorBytes) => {
  it('is read with its primary and logical partitions', () => {
    const { value, problems } = read(withLogical(sectorBytes), sectorBytes);
    expect(problems).toEqual([]);
    expect(value).toEqual({
      kind: 'mbr',
      partitions: [
        { number: 1, startBytes: 10 * sectorBytes, sizeBytes: 90 * sectorBytes, type: '0x8e', name: '' },
        { number: 5, startBytes: 110 * sectorBytes, sizeBytes: 100 * sectorBytes, type: '0x83', name: '' },
        { number: 6, startBytes: 405 * sectorBytes, sizeBytes: 50 * sectorBytes, type: '0x8e', name: '' },
      ],
    });
  });

  it('with logical partitions is read in an image, whose sector size is not known', () => {
    expect(read(withLogical(sectorBytes))).toEqual(read(withLogical(sectorBytes), sectorBytes));
  });
});

describe('a damaged MBR', () => {
  it('whose logical partitions loop gives each of them once', () => {
    const disk = withLogical(512);
    writeMbr(disk, 400 * 512, [
      { type: 0x8e, start: 5, count: 50 },
      { type: 0x05, start: 300, count: 200 },
    ]);
    const table = read(disk, 512);
    expect(table.value?.partitions.map(({ number }) => number)).toEqual([1, 5, 6]);
    expect(codes(table)).toEqual(['ebr-loop']);
  });

  it('whose chain of logical partitions breaks keeps those before the break', () => {
    const table = read(withLogical(512).fill(0, 400 * 512, 401 * 512), 512);
    expect(table.value?.partitions.map(({ number }) => number)).toEqual([1, 5]);
    expect(table.problems).toEqual([expect.objectContaining({ code: 'ebr-bad', offsetBytes: 400 * 512 })]);
  });

  it('whose chain leaves the extended partition is followed no further', () => {
    const disk = withLogical(512);
    writeMbr(disk, 100 * 512, [
      { type: 0x83, start: 10, count: 100 },
      { type: 0x05, start: 5000, count: 200 },
    ]);
    expect(codes(read(disk, 512))).toEqual(['ebr-outside']);
  });

  it('is cut where a truncated disk ends', () => {
    const disk = Buffer.alloc(100 * 512);
    writeMbr(disk, 0, [
      { type: 0x83, start: 10, count: 50 },
      { type: 0x8e, start: 60, count: 50 },
      { type: 0x8e, start: 5000, count: 50 },
    ]);
    const table = read(disk, 512);
    expect(table.value?.partitions.map(({ sizeBytes }) => sizeBytes)).toEqual([50 * 512, 40 * 512]);
    expect(codes(table)).toEqual(['partition-cut', 'partition-outside']);
  });

  it('with an endless chain of new records ends', () => {
    const disk = Buffer.alloc(2000 * 512);
    writeMbr(disk, 0, [{ type: 0x05, start: 1, count: 1999 }]);
    for (let sector = 1; sector < 1999; sector++) {
      writeMbr(disk, sector * 512, [{ type: 0x05, start: sector, count: 1 }]);
    }
    expect(codes(read(disk, 512))).toEqual(['ebr-loop']);
  });
});

describe('0x55AA alone', () => {
  const sector = (fill: (disk: Buffer) => void) => {
    const disk = Buffer.alloc(MIB);
    disk.writeUInt16BE(0x55aa, 510);
    fill(disk);
    return disk;
  };

  it.each([
    [
      'boot code without partitions, as in front of a whole-disk PV',
      sector((disk) => disk.fill(0x90, 0, 440)),
    ],
    ['boot code all over', sector((disk) => disk.fill(0xfa, 0, 510))],
    [
      'a FAT boot sector',
      sector((disk) => {
        disk.set([0xeb, 0x3c, 0x90]);
        disk.write('mkfs.fat', 3);
        disk.set([0x00, 0x02, 0x04, 0x01, 0x00, 0x02], 11);
        disk[21] = 0xf8;
        writeMbr(disk, 0, [{ type: 0x83, start: 10, count: 10 }]);
      }),
    ],
    [
      'an NTFS boot sector',
      sector((disk) => {
        disk.write('NTFS    ', 3);
        writeMbr(disk, 0, [{ type: 0x07, start: 10, count: 10 }]);
      }),
    ],
    [
      'entries that all lie past the end',
      sector((disk) => writeMbr(disk, 0, [{ type: 7, start: 9999, count: 9 }])),
    ],
    ['an entry over the MBR itself', sector((disk) => writeMbr(disk, 0, [{ type: 7, start: 0, count: 9 }]))],
  ])('is no partition table: %s', (_, disk) => {
    expect(read(disk)).toEqual({ value: null, problems: [] });
  });
});

describe('an MBR and a GPT on one disk', () => {
  it('an MBR without a protective entry wins, as it does in Linux', () => {
    const disk = craftGpt(MIB, 512, [{ firstSector: 100, lastSector: 200 }]);
    writeMbr(disk, 0, [{ type: 0x83, start: 500, count: 100 }]);
    expect(read(disk).value).toEqual({
      kind: 'mbr',
      partitions: [expect.objectContaining({ startBytes: 500 * 512 })],
    });
  });

  it('a hybrid MBR yields to the GPT', () => {
    const disk = craftGpt(MIB, 512, [{ firstSector: 100, lastSector: 200 }]);
    writeMbr(disk, 0, [
      { type: 0xee, start: 1, count: 99 },
      { type: 0x83, start: 100, count: 101 },
    ]);
    expect(read(disk).value?.kind).toBe('gpt');
  });
});

describe.skipIf(!haveTools('parted'))('an MBR made by parted', () => {
  it('is read with its logical partitions', () => {
    const path = emptyImage(64 * MIB);
    const parts = ['primary 1 9', 'extended 10 60', 'logical 11 20', 'logical 22 30', 'primary 61 63'];
    const commands = parts.flatMap((part) => {
      const [kind = '', from = '', to = ''] = part.split(' ');
      return ['mkpart', kind, `${from}MiB`, `${to}MiB`];
    });
    run('parted', ['-s', path, 'mklabel', 'msdos', ...commands, 'set', '1', 'lvm', 'on']);
    const table = readPartitionTable(imageReader(path), null);
    expect(table.problems).toEqual([]);
    const seen = table.value?.partitions.map(({ number, type, startBytes, sizeBytes }) =>
      [number, type, startBytes / MIB, Math.round((startBytes + sizeBytes) / MIB)].join(' '),
    );
    expect(seen).toEqual(['1 0x8e 1 9', '3 0x83 61 63', '5 0x83 11 20', '6 0x83 22 30']);
  });
});
