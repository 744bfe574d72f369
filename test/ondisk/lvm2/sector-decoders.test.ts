import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lvmCrc } from '../../../src/ondisk/lvm2/crc.ts';
import { decodeLabels } from '../../../src/ondisk/lvm2/label.ts';
import { decodeMdaHeader } from '../../../src/ondisk/lvm2/mda.ts';
import { decodePvHeader, formatUuid } from '../../../src/ondisk/lvm2/pv-header.ts';
import { craftOldPv, DEVICE_BYTES, FIXTURES, loadPv, MIB, PV_ID } from './pv-fixture.ts';

const sectorOf = (bytes: Uint8Array, sector: number) =>
  Uint8Array.from(bytes.subarray(sector * 512, (sector + 1) * 512));
const headOf = (label: Uint8Array) => {
  const head = new Uint8Array(2048);
  head.set(label, 512);
  return head;
};
const codes = (problems: readonly { code: string }[] | undefined) => problems?.map((each) => each.code);

describe('lvmCrc', () => {
  it('starts from its own seed and does not invert', () => {
    expect(lvmCrc(new Uint8Array())).toBe(0xf597a6cf);
    expect(lvmCrc(new Uint8Array(1))).not.toBe(0xf597a6cf);
  });

  it('goes on where it stopped like a plain reflected CRC-32', () => {
    const bitwise = (bytes: Uint8Array) => {
      let register = 0xf597a6cf;
      for (const byte of bytes) {
        register ^= byte;
        for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? 0xedb88320 : 0);
      }
      return register >>> 0;
    };
    fc.assert(fc.property(fc.uint8Array(), (bytes) => lvmCrc(bytes) === bitwise(bytes)));
  });
});

describe('label', () => {
  it.each(FIXTURES)('of %s is good and in sector 1', (name) => {
    const labels = decodeLabels(loadPv(name).head);
    expect(labels.map(({ sector, good }) => ({ sector, good }))).toEqual([{ sector: 1, good: true }]);
  });

  it('is never absent and never good with any one byte changed', () => {
    const label = sectorOf(loadPv('normal').head, 1);
    for (let at = 0; at < 512; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const damaged = Uint8Array.from(label);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        const [found, ...more] = decodeLabels(headOf(damaged));
        expect(more, `byte ${at}`).toEqual([]);
        expect(found?.good, `byte ${at}`).toBe(false);
      }
    }
  });

  it('still stands after wipefs took its type, or its id', () => {
    const { head } = loadPv('normal');
    const untyped = Uint8Array.from(head);
    untyped.fill(0, 536, 544);
    expect(codes(decodeLabels(untyped)[0]?.problems)).toEqual(['label-type', 'label-crc']);
    const unnamed = Uint8Array.from(head);
    unnamed.fill(0, 512, 520);
    expect(codes(decodeLabels(unnamed)[0]?.problems)).toEqual(['label-id']);
  });

  it('is damaged in another sector than its own, and both copies are told', () => {
    const { head } = loadPv('normal');
    head.copyWithin(0, 512, 1024);
    expect(decodeLabels(head).map(({ sector, good }) => [sector, good])).toEqual([
      [0, false],
      [1, true],
    ]);
  });

  it('is absent in zeros and in a boot sector', () => {
    const boot = new Uint8Array(2048);
    boot.set([0x55, 0xaa], 510);
    expect(decodeLabels(new Uint8Array(2048))).toEqual([]);
    expect(decodeLabels(boot)).toEqual([]);
  });

  it('decodes any bytes, cut anywhere', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => void decodeLabels(bytes)));
  });
});

describe('PV header', () => {
  it('of a real PV', () => {
    const header = decodePvHeader(sectorOf(loadPv('two-areas').head, 1), 512);
    expect(header).toMatchObject({
      offsetBytes: 544,
      deviceSizeBytes: DEVICE_BYTES,
      dataAreas: [{ offsetBytes: MIB, sizeBytes: 0 }],
      metadataAreas: [
        { offsetBytes: 4096, sizeBytes: MIB - 4096 },
        { offsetBytes: 95 * MIB, sizeBytes: MIB },
      ],
      extensionVersion: 2,
      extensionFlags: 1,
      bootloaderAreas: [],
      problems: [],
    });
    expect(header?.uuid).toMatch(/^\w{6}(-\w{4}){5}-\w{6}$/);
  });

  it('of a PV without areas, and of one made before there was an extension', () => {
    expect(decodePvHeader(sectorOf(loadPv('no-area').head, 1), 512)).toMatchObject({
      metadataAreas: [],
      problems: [],
    });
    expect(decodePvHeader(sectorOf(craftOldPv([]), 1), 512)).toMatchObject({
      uuid: PV_ID,
      metadataAreas: [{ offsetBytes: 4096, sizeBytes: 192512 }],
      extensionVersion: 0,
      extensionFlags: 0,
      bootloaderAreas: [],
      problems: [],
    });
  });

  it('says when a list has no end', () => {
    const sector = new Uint8Array(512).fill(1);
    expect(codes(decodePvHeader(sector, 0)?.problems)).toContain('pv-areas-unterminated');
  });

  it('takes sizes beyond any disk as a problem, not as a number', () => {
    const sector = sectorOf(craftOldPv([]), 1);
    sector.fill(0xff, 64, 72);
    expect(decodePvHeader(sector, 512)).toMatchObject({
      deviceSizeBytes: 0,
      problems: [{ code: 'pv-device-size' }],
    });
  });

  it('is found at its usual place when the label names another', () => {
    const sector = sectorOf(craftOldPv([]), 1);
    for (const wrong of [33, 500, 0xff]) {
      sector[20] = wrong;
      expect(decodePvHeader(sector, 512)?.uuid).toBe(PV_ID);
    }
  });

  it('decodes any sector', () => {
    const sector = fc.uint8Array({ minLength: 512, maxLength: 512 });
    fc.assert(fc.property(sector, (bytes) => decodePvHeader(bytes, 512) !== null));
    expect(decodePvHeader(new Uint8Array(511), 0)).toBeNull();
  });

  it('prints a UUID in lvm groups', () => {
    expect(formatUuid(PV_ID.replaceAll('-', ''))).toBe(PV_ID);
  });
});

describe('metadata area header', () => {
  it.each(['normal', 'wrapped', 'two-areas', 'area-4m'] as const)('of %s is good', (name) => {
    const header = decodeMdaHeader(loadPv(name).head.subarray(4096, 4608), 4096);
    expect(header).toMatchObject({ good: true, ignored: false, startBytes: 4096, problems: [] });
    expect(header?.slots).toHaveLength(1);
  });

  it('tells that it is ignored', () => {
    expect(decodeMdaHeader(loadPv('ignored').head.subarray(4096), 4096)).toMatchObject({
      good: true,
      ignored: true,
    });
  });

  it('is never good with any one byte changed', () => {
    const bytes = loadPv('normal').head.subarray(4096, 4608);
    for (let at = 0; at < 512; at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x20;
      expect(decodeMdaHeader(damaged, 4096)?.good, `byte ${at}`).toBe(false);
    }
  });

  it('says when it was written for another place', () => {
    expect(codes(decodeMdaHeader(loadPv('normal').head.subarray(4096), 8192)?.problems)).toEqual([
      'mda-start',
    ]);
  });

  it('decodes any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void decodeMdaHeader(bytes, 4096)));
  });
});
