import { describe, expect, test } from 'vitest';
import { diagnose, isFault } from '../../src/engine/diagnose.ts';
import { loadPv, type PvImage } from '../ondisk/lvm2/pv-fixture.ts';
import { surveyOfImage } from './survey-of-image.ts';

function faultsOf(image: PvImage): string[] {
  return diagnose(surveyOfImage(image))
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
