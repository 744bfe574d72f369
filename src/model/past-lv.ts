import { extentBytes, hasHoles, lvNamed, lvOf, lvSizeExtents } from './extents.ts';
import type { LvSection, VgMetadata } from './metadata.ts';

/** An LV as a generation has it. */
export interface PastLv {
  readonly lv: LvSection;
  readonly in: VgMetadata;
}

/**
 * True when a later generation still has this LV: the same one, or one of its name that took over its data (a cache that
 * was given up leaves its origin under the old name), as large as it was, with no error target in the place of its data.
 */
export function isStillIn(past: PastLv, metadata: VgMetadata): boolean {
  const now = lvOf(past.lv.uuid, metadata) ?? successorOf(past, metadata);
  if (now === undefined || bytesOf({ lv: now, in: metadata }) < bytesOf(past)) return false;
  return !hasHoles(now, metadata) || hasHoles(past.lv, past.in);
}

function successorOf({ lv, in: metadata }: PastLv, later: VgMetadata): LvSection | undefined {
  const now = lvNamed(lv.name, later);
  const before = now && lvOf(now.uuid, metadata);
  const isBelow = lv.segments.some(
    ({ areas, dependsOn }) =>
      areas.some(({ on, name }) => on === 'lv' && name === before?.name) ||
      dependsOn.some((name) => name === before?.name),
  );
  return before !== undefined && isBelow ? now : undefined;
}

const bytesOf = ({ lv, in: metadata }: PastLv): number => lvSizeExtents(lv) * extentBytes(metadata);
