import { extentBytes, holesIn, lvSizeExtents } from './extents.ts';
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
  const now = metadata.lvs.find(({ uuid }) => uuid === past.lv.uuid) ?? successorOf(past, metadata);
  if (now === undefined) return false;
  return (
    bytesOf({ lv: now, in: metadata }) >= bytesOf(past) && holesIn(now, metadata) <= holesIn(past.lv, past.in)
  );
}

function successorOf({ lv, in: metadata }: PastLv, later: VgMetadata): LvSection | undefined {
  const now = later.lvs.find(({ name }) => name === lv.name);
  const below = lv.segments.flatMap(({ areas, dependsOn }) => [
    ...areas.flatMap(({ on, name }) => (on === 'lv' ? [name] : [])),
    ...dependsOn,
  ]);
  return metadata.lvs.some(({ uuid, name }) => uuid === now?.uuid && below.includes(name)) ? now : undefined;
}

const bytesOf = ({ lv, in: metadata }: PastLv): number => lvSizeExtents(lv) * extentBytes(metadata);
