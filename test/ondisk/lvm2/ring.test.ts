import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesReader } from '../../../src/model/block-reader.ts';
import { lvmCrc } from '../../../src/ondisk/lvm2/crc.ts';
import { carveRing, carveTexts, readSlot } from '../../../src/ondisk/lvm2/ring.ts';
import { correctSingleByte } from '../../../src/ondisk/lvm2/single-byte-correction.ts';
import { TextCache } from '../../../src/ondisk/lvm2/text/text-cache.ts';
import { loadPv, MIB, metadataTextBytes } from './pv-fixture.ts';

const carve = (bytes: Uint8Array, more: Uint8Array | null = null) =>
  carveTexts({ offsetBytes: 0, bytes }, more && { offsetBytes: 0, bytes: more }, new TextCache()).map(
    (each) => [each.offsetBytes, each.text.metadata?.seqno],
  );

/** A ring with texts written one over the other, in order. */
function ring(size: number, ...texts: readonly (readonly [at: number, text: Uint8Array])[]): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const [at, text] of texts) bytes.set(text, at);
  return bytes;
}

describe('carving', () => {
  const text = (seqno: number, body = '') => metadataTextBytes(seqno, body);
  const length = text(1).length;

  it('finds aligned and unaligned texts', () => {
    expect(carve(ring(8192, [0, text(1)], [1024, text(2)]))).toEqual([
      [0, 1],
      [1024, 2],
    ]);
    expect(carve(ring(8192, [7, text(1)], [7 + length, text(2)]))).toEqual([
      [7, 1],
      [7 + length, 2],
    ]);
  });

  it('skips a text whose end or beginning was overwritten', () => {
    const long = (seqno: number) => text(seqno, `tags = [${'"tag", '.repeat(100)}]`);
    expect(carve(ring(8192, [0, long(1)], [512, long(2)]))).toEqual([[512, 2]]);
    expect(carve(ring(8192, [512, long(1)], [0, long(2)]))).toEqual([[0, 2]]);
  });

  it('is not misled by remains that run into the name', () => {
    const remains = Buffer.from('abcdef'.repeat(200));
    expect(carve(ring(8192, [0, remains], [1024, text(3)]))).toEqual([[1024, 3]]);
  });

  it('follows a text past the end, and only from where it begins', () => {
    const whole = text(5);
    const end = ring(2048, [2048 - 100, whole.subarray(0, 100)]);
    const start = ring(2048, [0, whole.subarray(100)]);
    expect(carve(end, start)).toEqual([[2048 - 100, 5]]);
    expect(carve(start, end)).toEqual([]);
    expect(carve(end)).toEqual([]);
  });

  it('parses each distinct text once', () => {
    const cache = new TextCache();
    const bytes = ring(8192, [0, text(1)], [2048, text(1)]);
    const [a, b] = carveTexts({ offsetBytes: 0, bytes }, null, cache);
    expect(a?.text).toBe(b?.text);
    expect(cache.read(text(1))).toBe(a?.text);
  });

  it('stops making trees when all carved texts together are too large', () => {
    const texts = [1, 2, 3, 4, 5].map((seqno) => text(seqno, `tags = [${'"t",'.repeat(1000)}]`));
    const window = { offsetBytes: 0, bytes: Buffer.concat(texts) };
    expect(carveTexts(window, null, new TextCache(3500))).toHaveLength(3);
    expect(carveTexts(window, null, new TextCache(9500))).toHaveLength(5);
  });

  it('takes bounded time on megabytes of beginnings', () => {
    const beginning = 'v {\nid = "vgvgvg-0123-4567-89ab-cdef-ABCD-EFGHIJ"\nseqno = 1 ';
    expect(carve(Buffer.from(beginning.repeat(50_000)))).toEqual([]);
    expect(carve(Buffer.from(`${beginning}\0`.repeat(20_000)))).toEqual([]);
  });

  it('reads only parts of an area that claims terabytes', () => {
    const reads: number[] = [];
    const reader = {
      sizeBytes: 2 ** 42,
      read(_: number, lengthBytes: number) {
        reads.push(lengthBytes);
        return { ok: true, value: new Uint8Array(lengthBytes) } as const;
      },
    };
    const area = { offsetBytes: 4096, sizeBytes: 2 ** 42 - 4096 };
    expect(carveRing(reader, area, 2 ** 41, new TextCache()).value).toEqual([]);
    expect(reads).toEqual([16 * MIB, 16 * MIB]);
  });
});

describe('a slot', () => {
  const area = { offsetBytes: 1024, sizeBytes: 2048 };
  const reader = bytesReader(Uint8Array.from({ length: 4096 }, (_, at) => at >> 8));
  const slot = (offsetBytes: number, sizeBytes: number) => ({ offsetBytes, sizeBytes, crc: 0, flags: 0 });

  it('goes on behind the area header past the end', () => {
    expect([...(readSlot(reader, area, slot(2046, 4)).value ?? [])]).toEqual([11, 11, 6, 6]);
  });

  it.each([
    [0, 10],
    [511, 10],
    [2048, 10],
    [512, 1537],
    [2 ** 52, 10],
    [512, 2 ** 52],
  ])('at %d with %d bytes cannot be', (offset, size) => {
    expect(readSlot(reader, area, slot(offset, size))).toMatchObject({
      value: null,
      problems: [{ code: 'text-place' }],
    });
  });
});

describe('correction of a single byte', () => {
  const slotAt = 4096 + 9216;
  const real = () =>
    Uint8Array.from(loadPv('normal').head.subarray(slotAt, loadPv('normal').head.indexOf(0, slotAt) + 1));

  it('recovers any one wrong byte of a real text', () => {
    const original = real();
    const crc = lvmCrc(original);
    const place = fc.integer({ min: 0, max: original.length - 1 });
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 255 }), (index, error) => {
        const damaged = Uint8Array.from(original);
        damaged[index] = (damaged[index] ?? 0) ^ error;
        const found = correctSingleByte(damaged, crc, new TextCache());
        expect(found?.index).toBe(index);
        expect(found?.text.crc).toBe(crc);
      }),
      {
        examples: [
          [0, 255],
          [original.length - 1, 1],
        ],
      },
    );
  });

  it('finds nothing for two wrong bytes, or for a text that is not whole', () => {
    const damaged = real();
    const crc = lvmCrc(damaged);
    for (const at of [700, 900]) damaged[at] = (damaged[at] ?? 0) ^ 1;
    expect(correctSingleByte(damaged, crc, new TextCache())).toBeNull();
    const other = Buffer.from('not metadata at all\0');
    const otherCrc = lvmCrc(other);
    other[3] = 0x41;
    expect(correctSingleByte(other, otherCrc, new TextCache())).toBeNull();
  });

  it('is quick on 64 KiB and not tried on megabytes', () => {
    const large = Uint8Array.from(metadataTextBytes(1, `tags = [${'"tag", '.repeat(9000)}]`));
    const crc = lvmCrc(large);
    large[30_000] = 0x21;
    const started = performance.now();
    expect(correctSingleByte(large, crc, new TextCache())?.index).toBe(30_000);
    expect(performance.now() - started).toBeLessThan(500);
    expect(correctSingleByte(new Uint8Array(MIB), 1, new TextCache())).toBeNull();
  });
});
