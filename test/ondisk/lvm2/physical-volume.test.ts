import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockReader } from '../../../src/model/block-reader.ts';
import { bytesReader } from '../../../src/model/block-reader.ts';
import { readPhysicalVolume } from '../../../src/ondisk/lvm2/physical-volume.ts';
import { TextCache } from '../../../src/ondisk/lvm2/text/text-cache.ts';
import {
  craftOldPv,
  DEVICE_BYTES,
  FIXTURES,
  imageReader,
  loadPv,
  MIB,
  metadataTextBytes,
  PV_ID,
  type PvImage,
  readPv,
  seal,
} from './pv-fixture.ts';

const PLACE = { device: 'disk', partition: null, startBytes: 0 };
const readBytes = (bytes: Uint8Array) => readPhysicalVolume(bytesReader(bytes), PLACE, new TextCache());
const areasOf = (image: PvImage) => readPv(image).pv.metadataAreas;
const seqnos = (texts: readonly { metadata: { seqno: number } }[]) =>
  texts.map((text) => text.metadata.seqno);
const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, at) => from - at);

describe('a real PV', () => {
  it.each([
    ['normal', [[6, 5]]],
    [
      'two-areas',
      [
        [6, 5],
        [6, 5],
      ],
    ],
    ['ignored', [[7, 6]]],
    ['area-4m', [[6, 5]]],
    ['no-area', []],
  ] as const)('%s', (name, areas) => {
    const { pv, headBlank, problems } = readPv(loadPv(name));
    expect({ headBlank, problems, stray: pv.strayTexts }).toEqual({
      headBlank: false,
      problems: [],
      stray: [],
    });
    expect(pv.labels).toMatchObject([{ sector: 1, good: true }]);
    expect(pv.header?.problems).toEqual([]);
    expect(pv.metadataAreas).toHaveLength(areas.length);
    areas.forEach(([committed, newestOlder], at) => {
      const area = pv.metadataAreas[at];
      expect(area).toMatchObject({
        from: 'header',
        headerGood: true,
        ignored: name === 'ignored',
        problems: [],
      });
      expect(area?.committed).toMatchObject({ good: true, corrected: null, problems: [] });
      expect(area?.committed?.text?.metadata.seqno).toBe(committed);
      expect(seqnos(area?.olderTexts ?? [])).toEqual(down(newestOlder, 1));
    });
  });

  it('wrapped: holds the newest generations, one of them across the end', () => {
    const [area] = areasOf(loadPv('wrapped'));
    const committed = area?.committed?.text?.metadata.seqno ?? 0;
    const older = seqnos(area?.olderTexts ?? []);
    expect(committed).toBe(96);
    expect(older).toEqual(down(95, 96 - older.length));
    const places = (area?.olderTexts ?? []).map((text) =>
      text.source.kind === 'disk' ? text.source.offsetBytes : 0,
    );
    expect(Math.max(...places) + 2400).toBeGreaterThan(4096 + (area?.sizeBytes ?? 0));
  });

  it('names places of texts from the start of the target', () => {
    const [area] = readPv(loadPv('normal'), 5 * MIB).pv.metadataAreas;
    const at = (area?.offsetBytes ?? 0) + (area?.slots[0]?.offsetBytes ?? 0);
    expect(area?.committed?.text?.source).toEqual({
      kind: 'disk',
      device: 'disk',
      partition: null,
      offsetBytes: 5 * MIB + at,
    });
  });

  it('costs two reads', () => {
    const reads: [number, number][] = [];
    const reader = imageReader(loadPv('normal'));
    const counting: BlockReader = {
      sizeBytes: reader.sizeBytes,
      read(offset, length) {
        reads.push([offset, length]);
        return reader.read(offset, length);
      },
    };
    readPhysicalVolume(counting, PLACE, new TextCache());
    expect(reads).toEqual([
      [0, MIB],
      [DEVICE_BYTES - 2 * MIB, 2 * MIB],
    ]);
  });
});

describe('an old PV', () => {
  it('with unaligned texts and no header extension', () => {
    const length = metadataTextBytes(1).length;
    const texts = [1, 2, 3, 4, 5].map((seqno) => ({
      bytes: metadataTextBytes(seqno),
      at: 512 + (seqno - 1) * length,
    }));
    const { pv } = readBytes(craftOldPv(texts));
    expect(pv.labels[0]?.good).toBe(true);
    expect(pv.header).toMatchObject({ uuid: PV_ID, extensionVersion: 0 });
    expect(pv.metadataAreas[0]).toMatchObject({ sizeBytes: 192512, committed: { good: true }, problems: [] });
    expect(seqnos(pv.metadataAreas[0]?.olderTexts ?? [])).toEqual([4, 3, 2, 1]);
  });

  it('with a committed text that wraps', () => {
    const texts = [
      { at: 512, bytes: metadataTextBytes(1) },
      { at: 192512 - 100, bytes: metadataTextBytes(2) },
    ];
    const [area] = readBytes(craftOldPv(texts)).pv.metadataAreas;
    expect(area?.committed?.good).toBe(true);
    expect(area?.olderTexts).toEqual([]);
  });

  it('just created, is an empty area without a problem', () => {
    expect(readBytes(craftOldPv([])).pv.metadataAreas).toMatchObject([
      { headerGood: true, committed: null, olderTexts: [], problems: [] },
    ]);
  });
});

describe('damage', () => {
  it('of the label and PV header: areas are found by their magic', () => {
    const image = loadPv('two-areas');
    image.head.fill(0, 512, 1024);
    const { pv, headBlank } = readPv(image);
    expect({ labels: pv.labels, header: pv.header, headBlank }).toEqual({
      labels: [],
      header: null,
      headBlank: false,
    });
    expect(pv.metadataAreas).toMatchObject([
      { from: 'magic', offsetBytes: 4096, committed: { good: true } },
      { from: 'magic', offsetBytes: 95 * MIB, committed: { good: true } },
    ]);
  });

  it('of the whole first MiB: the tail area is left', () => {
    const image = loadPv('two-areas');
    image.head.fill(0);
    const { pv, headBlank } = readPv(image);
    expect(headBlank).toBe(true);
    expect(pv.metadataAreas).toMatchObject([
      { from: 'magic', offsetBytes: 95 * MIB, committed: { good: true } },
    ]);
  });

  it('of an area header: its texts are still read', () => {
    const image = loadPv('normal');
    image.head.fill(0, 4096, 4608);
    const [area] = areasOf(image);
    expect(area).toMatchObject({ from: 'header', headerGood: false, committed: null });
    expect(seqnos(area?.olderTexts ?? [])).toEqual([6, 5, 4, 3, 2, 1]);
  });

  it('of label and area header: the texts are stray', () => {
    const image = loadPv('normal');
    image.head.fill(0, 0, 4608);
    const { pv } = readPv(image);
    expect(pv.metadataAreas).toEqual([]);
    expect(seqnos(pv.strayTexts)).toEqual([6, 5, 4, 3, 2, 1]);
  });

  it('of the label alone, with areas named wrongly, does not hide the area', () => {
    const image = loadPv('normal');
    const view = new DataView(image.head.buffer, image.head.byteOffset);
    view.setBigUint64(544 + 32 + 8 + 32, 8192n, true);
    const areas = areasOf(image);
    expect(areas).toMatchObject([{ from: 'magic', offsetBytes: 4096, committed: { good: true } }]);
  });

  it('of one byte of the committed text is told, corrected and never good', () => {
    const original = loadPv('normal');
    const [area] = areasOf(original);
    const slot = area?.slots[0];
    const start = 4096 + (slot?.offsetBytes ?? 0);
    for (let index = 0; index < (slot?.sizeBytes ?? 0); index += 29) {
      const image = { ...original, head: Uint8Array.from(original.head) };
      image.head[start + index] = (image.head[start + index] ?? 0) ^ 0x04;
      const [damaged] = areasOf(image);
      expect(damaged?.committed?.good).toBe(false);
      expect(damaged?.committed?.problems[0]?.code).toBe('text-crc');
      expect(damaged?.committed?.corrected?.offsetBytes).toBe(start + index);
      expect(damaged?.committed?.corrected?.text.digest).toBe(area?.committed?.text?.digest);
      expect(seqnos(damaged?.olderTexts ?? [])).toEqual([5, 4, 3, 2, 1]);
    }
  });

  it('of the slot is told where nothing good can be read', () => {
    const texts = [{ at: 150_000, bytes: metadataTextBytes(1) }];
    const [area] = readBytes(craftOldPv(texts).fill(0x58, 4096 + 150_000, 4096 + 150_100)).pv.metadataAreas;
    expect(area?.committed).toMatchObject({ good: false, text: null, corrected: null });
    expect(area?.committed?.problems.map((each) => each.code)).toEqual(['text-crc', 'text-syntax']);
  });

  it('by truncation: an area behind the end', () => {
    const { head, tail } = loadPv('two-areas');
    const reader = imageReader({ head, tail: tail.fill(0) }, 60 * MIB);
    const { pv } = readPhysicalVolume(reader, PLACE, new TextCache());
    expect(pv.metadataAreas[1]).toMatchObject({
      headerGood: false,
      committed: null,
      problems: [{ code: 'mda-outside' }],
    });
  });

  it('by unreadable sectors: what is around them is read', () => {
    const whole = imageReader(loadPv('normal'));
    const reader: BlockReader = {
      sizeBytes: whole.sizeBytes,
      read: (offsetBytes, lengthBytes) =>
        offsetBytes <= 500_000 && offsetBytes + lengthBytes > 500_000
          ? { ok: false, error: { code: 'EIO', offsetBytes } }
          : whole.read(offsetBytes, lengthBytes),
    };
    const { pv, problems, headBlank } = readPhysicalVolume(reader, PLACE, new TextCache());
    expect(problems).toMatchObject([{ code: 'read-error', offsetBytes: 499_712, found: 'EIO' }]);
    expect(pv.metadataAreas[0]?.committed?.good).toBe(true);
    expect(headBlank).toBe(false);
  });
});

describe('hostile bytes', () => {
  const reader = (sizeBytes: number, bytes: Uint8Array): BlockReader => {
    const inner = bytesReader(bytes);
    return {
      sizeBytes,
      read(offsetBytes, lengthBytes) {
        expect(offsetBytes).toBeGreaterThanOrEqual(0);
        expect(lengthBytes).toBeGreaterThanOrEqual(0);
        expect(lengthBytes).toBeLessThanOrEqual(32 * MIB);
        expect(offsetBytes + lengthBytes).toBeLessThanOrEqual(Math.max(sizeBytes, offsetBytes));
        return inner.read(offsetBytes, lengthBytes);
      },
    };
  };

  it('of any kind and size are read within bounds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9000 }), (bytes) => {
        readPhysicalVolume(reader(bytes.length, bytes), PLACE, new TextCache());
      }),
    );
  });

  it('in place of some of a real PV are read within bounds', () => {
    const images = FIXTURES.map((name) => loadPv(name).head);
    const edit = fc.record({ at: fc.nat(14_000), bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }) });
    fc.assert(
      fc.property(
        fc.constantFrom(...images),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        (image, edits) => {
          const bytes = Uint8Array.from(image.subarray(0, MIB));
          for (const each of edits) bytes.set(each.bytes, each.at);
          readPhysicalVolume(reader(bytes.length, bytes), PLACE, new TextCache());
        },
      ),
    );
  });

  it('under right checksums are read within bounds', () => {
    const real = craftOldPv([{ at: 512, bytes: metadataTextBytes(1) }]).subarray(0, MIB);
    const field = fc.record({
      at: fc.oneof(fc.integer({ min: 544, max: 1016 }), fc.integer({ min: 4120, max: 4600 })),
      value: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 21n })),
    });
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 6 }), (fields) => {
        const image = Uint8Array.from(real);
        const view = new DataView(image.buffer);
        for (const { at, value } of fields) view.setBigUint64(at & ~7, value, true);
        readPhysicalVolume(reader(2 ** 42, seal(image)), PLACE, new TextCache());
      }),
    );
  });

  it('that claim terabytes under right checksums are read within bounds', () => {
    const image = craftOldPv([{ at: 2 ** 40, bytes: metadataTextBytes(1) }], 2 ** 41);
    const { pv } = readPhysicalVolume(reader(2 ** 42, image), PLACE, new TextCache());
    expect(pv.metadataAreas).toMatchObject([{ headerGood: true, committed: { good: false } }]);
  });
});
