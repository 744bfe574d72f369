import { describe, expect, test } from 'vitest';
import { diagnose, isFault } from '../../src/engine/diagnose.ts';
import type { SurveySource } from '../../src/engine/ports.ts';
import { survey } from '../../src/engine/survey/survey.ts';
import { ok } from '../../src/model/result.ts';
import type { Machine } from '../../src/model/survey.ts';
import { imageReader, loadPv, type PvImage } from '../ondisk/lvm2/pv-fixture.ts';

const MACHINE: Machine = {
  targetsGiven: true,
  inInitramfs: false,
  deviceMapper: false,
  kernelCommandLine: '',
  lvm: null,
  activeLvs: [],
  pvCache: false,
};

/** A survey source of one image and nothing else. */
function sourceOf(image: PvImage): SurveySource {
  const disk = {
    ...({ path: 'disk', kind: 'image', sectorBytes: 512, readOnly: false, identity: 'disk' } as const),
    ...{ isLeg: false, reader: imageReader(image), partitions: [] },
  };
  return { open: () => ok({ disks: [disk], unread: [], machine: MACHINE, files: [], close() {} }) };
}

function faultsOf(image: PvImage): string[] {
  const read = survey(sourceOf(image), () => {});
  if (!read.ok) throw new Error(read.error.message);
  return diagnose(read.value)
    .filter(isFault)
    .map((finding) => finding.fault);
}

function flipped(offset: number, bit: number): PvImage {
  const image = loadPv('normal');
  image.head[offset] = (image.head[offset] ?? 0) ^ bit;
  return image;
}

const LABEL = 512;
const HEADER = 4096;
/** The decoders' own tests flip every byte; here every seventh goes through the whole judgement. */
const offsets = (from: number, count: number) =>
  Array.from({ length: Math.ceil(count / 7) }, (_, index) => from + index * 7);

describe('one flipped bit on a disk that is in order', () => {
  // The fixture lacks the other disks of its VG: what they are missed for is there before the flip, too.
  const before = faultsOf(loadPv('normal'));

  test.each([
    ['the label sector', offsets(LABEL, 512), ['lvm2-label-damaged']],
    ['the metadata area header', offsets(HEADER, 512), ['lvm2-mda-header-bad']],
  ])('in %s is never called healthy', (_, places, expected) => {
    for (const [index, offset] of places.entries()) {
      const found = faultsOf(flipped(offset, 1 << (index % 8)));
      expect(
        found.filter((fault) => !before.includes(fault)),
        `byte ${offset}`,
      ).toEqual(expected);
    }
  });
});
