import type { Signature } from '../../model/survey.ts';

/** No filesystem gives more landmarks than this; those given are spread over its whole span. */
export const MAX_LANDMARKS = 64;

/** A signature of which only some is known; the rest says "unknown". */
export function signature(known: Pick<Signature, 'type' | 'offsetBytes'> & Partial<Signature>): Signature {
  return {
    uuid: null,
    label: null,
    spanBytes: null,
    clean: null,
    lastMountedOn: null,
    live: false,
    landmarks: [],
    problems: [],
    ...known,
  };
}

/** Whole numbers from 1 to `last`, at most `count` of them, evenly spread with both ends among them. */
export function spread(last: number, count: number): number[] {
  if (last <= count) return Array.from({ length: Math.max(0, last) }, (_, index) => index + 1);
  return Array.from({ length: count }, (_, index) => 1 + Math.floor((index * (last - 1)) / (count - 1)));
}
