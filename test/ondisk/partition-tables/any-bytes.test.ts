import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesReader } from '../../../src/model/block-reader.ts';
import { readPartitionTable } from '../../../src/ondisk/partition-tables/read-partition-table.ts';
import { guarded, KIB, MIB } from '../images.ts';
import { craftGpt, writeMbr } from './craft-tables.ts';

const sectorSizes = fc.constantFrom<512 | 4096 | null>(512, 4096, null);

function expectSound(disk: Uint8Array, sectorBytes: 512 | 4096 | null) {
  const { reader, counted } = guarded(bytesReader(disk));
  const { value, problems } = readPartitionTable(reader, sectorBytes);
  expect(counted.bytesRead).toBeLessThanOrEqual(2 * MIB);
  expect(problems.length).toBeLessThan(10_000);
  for (const { startBytes, sizeBytes } of value?.partitions ?? []) {
    expect(startBytes).toBeGreaterThanOrEqual(0);
    expect(sizeBytes).toBeGreaterThan(0);
    expect(startBytes + sizeBytes).toBeLessThanOrEqual(disk.length);
  }
}

it('any bytes give partitions inside the disk or none', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 16 * KIB }),
      fc.boolean(),
      sectorSizes,
      (disk, signed, sectorBytes) => {
        if (signed)
          disk.set([0x55, 0xaa].slice(0, Math.max(0, disk.length - 510)), Math.min(510, disk.length));
        expectSound(disk, sectorBytes);
      },
    ),
    { numRuns: 300 },
  );
});

it('any entries in boot records end and stay inside the disk', () => {
  const entry = fc.record({
    type: fc.constantFrom(0x00, 0x05, 0x0f, 0x83, 0x8e, 0xee),
    start: fc.oneof(fc.nat(130), fc.nat(0xffffffff)),
    count: fc.oneof(fc.nat(130), fc.nat(0xffffffff)),
  });
  const records = fc.array(fc.tuple(fc.nat(127), fc.array(entry, { maxLength: 4 })), { maxLength: 40 });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 4 }), records, sectorSizes, (first, others, sectorBytes) => {
      const disk = Buffer.alloc(128 * 512);
      for (const [sector, entries] of others) writeMbr(disk, sector * 512, entries);
      writeMbr(disk, 0, first);
      expectSound(disk, sectorBytes);
    }),
    { numRuns: 500 },
  );
});

it.each([512, 4096])(
  'a GPT with %i-byte sectors, changed and cut anyhow, ends and stays inside the disk',
  (size) => {
    const whole = craftGpt(256 * KIB, size, [
      { firstSector: 20, lastSector: 30 },
      { firstSector: 31, lastSector: 40 },
    ]);
    const headerByte = fc.tuple(fc.nat(92), fc.nat(255)).map(([at, to]) => [size + at, to] as const);
    const backupByte = fc
      .tuple(fc.nat(92), fc.nat(255))
      .map(([at, to]) => [whole.length - size + at, to] as const);
    const anyByte = fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, to]) => [at, to] as const);
    const changes = fc.array(fc.oneof(headerByte, backupByte, anyByte), { maxLength: 12 });
    fc.assert(
      fc.property(changes, fc.nat(whole.length), sectorSizes, (changed, cut, sectorBytes) => {
        const disk = Uint8Array.from(whole);
        for (const [at, to] of changed) disk[at] = to;
        expectSound(disk, sectorBytes);
        expectSound(disk.subarray(0, cut), sectorBytes);
      }),
      { numRuns: 300 },
    );
  },
);

it('a GPT header with any layout and a right checksum ends and stays inside the disk', () => {
  const anyU64 = fc.oneof(fc.bigInt(0n, 600n), fc.bigInt(0n, 2n ** 64n - 1n));
  const layout = fc.record({
    alternate: anyU64,
    entriesLba: anyU64,
    entryCount: fc.oneof(fc.nat(300), fc.nat(0xffffffff)),
    entryBytes: fc.oneof(fc.constantFrom(0, 1, 128, 256, 4096), fc.nat(0xffffffff)),
    firstSector: anyU64,
    lastSector: anyU64,
  });
  fc.assert(
    fc.property(layout, sectorSizes, (it, sectorBytes) => {
      const disk = craftGpt(256 * KIB, 512, []);
      disk.writeBigUInt64LE(it.firstSector, 1024 + 32);
      disk.writeBigUInt64LE(it.lastSector, 1024 + 40);
      disk[1024] = 1;
      const header = disk.subarray(512, 512 + 92);
      header.writeBigUInt64LE(it.alternate, 32);
      header.writeBigUInt64LE(it.entriesLba, 72);
      header.writeUInt32LE(it.entryCount, 80);
      header.writeUInt32LE(it.entryBytes, 84);
      header.writeUInt32LE(crc32(disk.subarray(1024, 1024 + 128 * 128)), 88);
      header.writeUInt32LE(0, 16);
      header.writeUInt32LE(crc32(header), 16);
      expectSound(disk, sectorBytes);
    }),
    { numRuns: 500 },
  );
});
