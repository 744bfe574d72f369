import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VG } from './layouts.ts';
import { fixedId } from './ondisk.ts';
import type { LabWorld } from './world.ts';

/** Where a piece stands: the name of a PV in the text, and its first extent there. */
type Place = readonly [pv: string, startExtent: number];

/** Adds LVs as their descriptions say, by vgcfgrestore: kinds that lvm makes only with device-mapper. */
export function describeLvs(world: LabWorld, descriptions: string): void {
  const file = join(world.dir, 'described.vg');
  world.lvm(['vgcfgbackup', '-f', file, VG]);
  const text = readFileSync(file, 'utf8').replace(
    /logical_volumes \{\n/,
    `logical_volumes {\n${descriptions}`,
  );
  writeFileSync(file, text);
  world.lvm(['vgcfgrestore', '-f', file, VG]);
}

function lv(name: string, status: string, segment: string): string {
  return `${name} { id = "${fixedId('LV', name)}" status = ["READ", "WRITE"${status}] flags = [] creation_time = 1700000000
 creation_host = "vm" segment_count = 1
 segment1 { start_extent = 0 ${segment} } }
`;
}

const hidden = (name: string, place: Place, extentCount: number): string =>
  linear(name, '', place, extentCount);

const linear = (name: string, status: string, [pv, startExtent]: Place, extentCount: number): string =>
  lv(
    name,
    status,
    `extent_count = ${extentCount} type = "striped" stripe_count = 1 stripes = [ "${pv}", ${startExtent} ]`,
  );

/** A raid1 of 4 extents; each leg takes one extent more for its metadata, the first of its place. */
export function raid1Of(name: string, ...legs: readonly Place[]): string {
  const names = legs.flatMap((_, leg) => [`"${name}_rmeta_${leg}"`, `"${name}_rimage_${leg}"`]).join(', ');
  return [
    lv(
      name,
      ', "VISIBLE"',
      `extent_count = 4 type = "raid1" device_count = ${legs.length} region_size = 2048 raids = [ ${names} ]`,
    ),
    ...legs.flatMap(([pv, at], leg) => [
      hidden(`${name}_rmeta_${leg}`, [pv, at], 1),
      hidden(`${name}_rimage_${leg}`, [pv, at + 1], 4),
    ]),
  ].join('');
}

/** A snapshot of an LV, its store of 4 extents; `merging`: it is being merged back. */
export const snapshotOf = (origin: string, extents: number, store: Place, merging = false): string =>
  linear('snap', merging ? '' : ', "VISIBLE"', store, 4) +
  lv(
    'snapshot0',
    ', "VISIBLE"',
    `extent_count = ${extents} type = "snapshot" chunk_size = 8 origin = "${origin}" ${merging ? 'merging' : 'cow'}_store = "snap"`,
  );

/** The spare that lvm keeps for the metadata of thin and cache pools. */
export const poolSpare = (place: Place): string => hidden('lvol0_pmspare', place, 1);

/** `slow`, an LV of 4 extents whose origin stands at one place and whose cache (a pool of 2 extents and 1) at another. */
export const cachedLv = (origin: Place, [cachePv, at]: Place): string =>
  [
    hidden('slow_corig', origin, 4),
    hidden('fast_cdata', [cachePv, at], 2),
    hidden('fast_cmeta', [cachePv, at + 2], 1),
    lv(
      'fast',
      '',
      'extent_count = 2 type = "cache-pool" data = "fast_cdata" metadata = "fast_cmeta" metadata_format = 2 chunk_size = 128 cache_mode = "writethrough" policy = "smq"',
    ),
    lv('slow', ', "VISIBLE"', 'extent_count = 4 type = "cache" cache_pool = "fast" origin = "slow_corig"'),
  ].join('');
