import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { BlockReader } from '../../../src/model/block-reader.ts';
import { crc32c } from '../../../src/ondisk/crc32c.ts';
import { readSignatures } from '../../../src/ondisk/superblocks/read-signatures.ts';
import { emptyImage, guarded, haveTools, imageReader, KIB, MIB, run, sparseReader } from '../images.ts';
import { craftGpt } from '../partition-tables/craft-tables.ts';
import { craftMd0, craftMd1 } from './craft-md.ts';

interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array;
}

function expectSound(source: BlockReader) {
  const { reader, counted } = guarded(source);
  const { signatures } = readSignatures(reader);
  expect(counted.bytesRead).toBeLessThan(3 * MIB);
  expect(counted.reads).toBeLessThan(3000);
  for (const { spanBytes, landmarks } of signatures) {
    expect(spanBytes === null || Number.isSafeInteger(spanBytes)).toBe(true);
    expect(landmarks.length).toBeLessThanOrEqual(64);
    for (const { offsetBytes, bytes } of landmarks) {
      expect(Number.isSafeInteger(offsetBytes) && offsetBytes > 0).toBe(true);
      if (spanBytes !== null) expect(offsetBytes + bytes.length).toBeLessThanOrEqual(spanBytes);
    }
  }
}

/** Exactly those bytes of an image that the decoders look at. */
function lookedAt(reader: BlockReader): Piece[] {
  const pieces = new Map<string, Piece>();
  readSignatures({
    sizeBytes: reader.sizeBytes,
    read(at, lengthBytes) {
      const read = reader.read(at, lengthBytes);
      const isBlank = read.ok && read.value.every((byte) => byte === 0);
      if (read.ok && !isBlank) pieces.set(`${at}+${lengthBytes}`, { at, bytes: read.value });
      return read;
    },
  });
  return [...pieces.values()];
}

/** Makes a changed Btrfs superblock whole again, so that what it says is followed. */
function sealBtrfs({ at, bytes }: Piece) {
  if (at !== 64 * KIB || bytes.length !== 4 * KIB) return;
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, crc32c(bytes.subarray(32)), true);
}

/** Values that break arithmetic stand beside arbitrary ones. */
const someBytes = fc.oneof(
  fc.constantFrom(
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    [0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0x80],
    [1],
  ),
  fc.array(fc.nat(255), { minLength: 1, maxLength: 8 }),
);

function expectSoundHoweverChanged(sizeBytes: number, pieces: readonly Piece[]) {
  expect(pieces.length).toBeGreaterThan(0);
  const change = fc.tuple(fc.nat(pieces.length - 1), fc.oneof(fc.nat(256), fc.nat(4096)), someBytes);
  const cut = fc.oneof(fc.constant(sizeBytes), fc.nat(sizeBytes), fc.nat(128 * KIB));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 6 }), cut, (changes, newSize) => {
      const changed = pieces.map(({ at, bytes }) => ({ at, bytes: Uint8Array.from(bytes) }));
      for (const [index, at, values] of changes) {
        const bytes = changed[index]?.bytes ?? new Uint8Array();
        bytes.set(values.slice(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length));
      }
      for (const piece of changed) sealBtrfs(piece);
      expectSound(sparseReader(newSize, changed));
    }),
    { numRuns: 300 },
  );
}

it('any bytes are read without harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 16 * KIB }), (bytes) =>
      expectSound(sparseReader(bytes.length, [{ at: 0, bytes }])),
    ),
    { numRuns: 200 },
  );
});

it('any bytes behind any magic are read without harm', () => {
  const magics = [
    { at: 0, magic: 'XFSB' },
    { at: 1024 + 56, magic: '\x53\xef' },
    { at: 64 * KIB + 64, magic: '_BHRfS_M' },
    { at: 0, magic: 'LUKS\xba\xbe\0\x01' },
    { at: 0, magic: 'LUKS\xba\xbe\0\x02' },
    { at: 4 * KIB, magic: '\xfc\x4e\x2b\xa9\x01\0\0\0' },
    { at: 4086, magic: 'SWAPSPACE2' },
    { at: 512, magic: 'EFI PART' },
    { at: 510, magic: '\x55\xaa' },
  ];
  const anywhere = fc.uint8Array({ minLength: 4 * KIB, maxLength: 4 * KIB });
  fc.assert(
    fc.property(fc.constantFrom(...magics), anywhere, ({ at, magic }, noise) => {
      const start = Math.floor(at / (4 * KIB)) * 4 * KIB;
      const bytes = Uint8Array.from(noise);
      bytes.set(Buffer.from(magic, 'latin1'), at - start);
      const piece = { at: start, bytes };
      sealBtrfs(piece);
      expectSound(sparseReader(80 * MIB, [piece]));
    }),
    { numRuns: 500 },
  );
});

it.each([
  [
    'a GPT',
    4 * MIB,
    [
      {
        at: 0,
        bytes: craftGpt(4 * MIB, 512, [{ firstSector: 2048, lastSector: 6000 }]).subarray(0, 8 * KIB),
      },
    ],
  ],
  ['md 1.2', 20 * MIB, [{ at: 4 * KIB, bytes: craftMd1(4 * KIB, MIB, 18 * MIB) }]],
  ['md 0.90', 20 * MIB, [{ at: 20 * MIB - 64 * KIB, bytes: craftMd0(18 * MIB) }]],
])('%s, changed and cut anyhow, is read without harm', (_, sizeBytes, pieces) => {
  expectSoundHoweverChanged(sizeBytes, pieces);
});

it.skipIf(!haveTools('mke2fs', 'mkfs.xfs', 'mkfs.btrfs')).each([
  ['mke2fs -q -F -t ext4 -b 1024', 16],
  ['mke2fs -q -F -t ext4 -b 4096', 200],
  ['mke2fs -q -F -t ext2 -b 1024 -O ^sparse_super,^resize_inode', 200],
  ['mkfs.xfs -q', 320],
  ['mkfs.btrfs -q', 128],
])('what %s makes, changed and cut anyhow, is read without harm', (command, sizeMib) => {
  const path = emptyImage(sizeMib * MIB);
  const [tool = '', ...options] = command.split(' ');
  run(tool, [...options, path]);
  expectSoundHoweverChanged(sizeMib * MIB, lookedAt(imageReader(path)));
});
