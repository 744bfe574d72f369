import type { LvSection, PvSection, VgMetadata } from './metadata.ts';

const SECTOR_BYTES = 512;

/** A run of extents on one physical volume that one logical volume occupies. */
export interface PvRun {
  readonly pvUuid: string;
  readonly startExtent: number;
  readonly extentCount: number;
  readonly lvUuid: string;
}

interface Names {
  readonly uuidOf: ReadonlyMap<string, string>;
  readonly byName: ReadonlyMap<string, LvSection>;
  readonly byUuid: ReadonlyMap<string, LvSection>;
  readonly holed: ReadonlySet<string>;
  readonly snapshotTies: ReadonlyMap<string, readonly string[]>;
}
const names = new WeakMap<VgMetadata, Names>();

function namesIn(metadata: VgMetadata): Names {
  const known = names.get(metadata);
  if (known !== undefined) return known;
  const made = {
    uuidOf: new Map(metadata.pvs.map((pv) => [pv.name, pv.uuid])),
    byName: new Map(metadata.lvs.map((lv) => [lv.name, lv])),
    byUuid: new Map(metadata.lvs.map((lv) => [lv.uuid, lv])),
    holed: holedIn(metadata),
    snapshotTies: snapshotTies(metadata),
  };
  names.set(metadata, made);
  return made;
}

/**
 * What a snapshot ties together, by name: the hidden LV that describes it, its origin and its store. lvm activates neither
 * of the two without the other (lvm2 `lib/metadata/metadata.c`, `_lv_each_dependency`).
 */
export function snapshotTies({ lvs }: Pick<VgMetadata, 'lvs'>): ReadonlyMap<string, readonly string[]> {
  const ties = new Map<string, string[]>();
  for (const { name, segments } of lvs) {
    for (const { type, dependsOn } of segments) {
      if (type !== 'snapshot') continue;
      const tied = [name, ...dependsOn];
      for (const each of dependsOn) {
        const known = ties.get(each);
        if (known === undefined) ties.set(each, [...tied]);
        else known.push(...tied);
      }
    }
  }
  return ties;
}

/** Every run of extents that the LVs of a generation occupy on PVs. Areas on PVs that the text does not define are left out. */
export function occupiedRuns(metadata: VgMetadata): PvRun[] {
  return metadata.lvs.flatMap((lv) => runsOf(lv, metadata));
}

/** The runs of one LV itself, without its sub-LVs. */
export function runsOf(lv: LvSection, metadata: VgMetadata): PvRun[] {
  const { uuidOf } = namesIn(metadata);
  const runs: PvRun[] = [];
  for (const segment of lv.segments) {
    for (const area of segment.areas) {
      const pvUuid = area.on === 'pv' ? uuidOf.get(area.name) : undefined;
      if (pvUuid === undefined) continue;
      runs.push({ pvUuid, startExtent: area.startExtent, extentCount: segment.areaExtents, lvUuid: lv.uuid });
    }
  }
  return runs;
}

/** LVs that one stands on, before it is not followed further; 64 legs of RAID below a cache below a pool are fewer. */
export const MAX_STACK = 400;

/**
 * The LV and every LV it stands on or is tied to as a snapshot, by name, each once. `limit`: no more than so many, for what a
 * hostile text piles up without end.
 */
export const closureOf = (
  lv: LvSection,
  metadata: VgMetadata,
  limit = Number.POSITIVE_INFINITY,
): LvSection[] => closureOfAll([lv], metadata, limit);

/** The same of several LVs together, in one go. */
export function closureOfAll(
  lvs: readonly LvSection[],
  metadata: VgMetadata,
  limit = Number.POSITIVE_INFINITY,
): LvSection[] {
  const { byName, snapshotTies: ties } = namesIn(metadata);
  const seen = new Map(lvs.map((lv) => [lv.name, lv]));
  const see = (name: string) => {
    const each = byName.get(name);
    if (each !== undefined && !seen.has(name)) seen.set(name, each);
  };
  // A map gives what is added while it is gone through, too: a text can pile any number of LVs on each other.
  for (const each of seen.values()) {
    if (seen.size >= limit) break;
    for (const segment of each.segments) {
      for (const area of segment.areas) if (area.on === 'lv') see(area.name);
      for (const name of segment.dependsOn) see(name);
    }
    for (const name of ties.get(each.name) ?? []) see(name);
  }
  return [...seen.values()];
}

/** The LV of this id. */
export const lvOf = (uuid: string, metadata: VgMetadata): LvSection | undefined =>
  namesIn(metadata).byUuid.get(uuid);

/** The LV of this name. */
export const lvNamed = (name: string, metadata: VgMetadata): LvSection | undefined =>
  namesIn(metadata).byName.get(name);

/** Ids of the PVs that an LV needs, through its sub-LVs. */
export function pvsNeededBy(lv: LvSection, metadata: VgMetadata): Set<string> {
  return new Set(closureOf(lv, metadata).flatMap((each) => runsOf(each, metadata).map((run) => run.pvUuid)));
}

/** True for what lvm shows; the LV that describes a snapshot carries the flag, and is none. */
export function isVisible(lv: LvSection): boolean {
  return lv.status.includes('VISIBLE') && !lv.segments.some(({ type }) => type === 'snapshot');
}

/**
 * The LVs that people know: the visible ones, and snapshots, whose stores lvm shows whatever the text says; not one that is
 * being merged, which is its origin already.
 */
export function topLevelLvs(metadata: VgMetadata): LvSection[] {
  const snapshots = metadata.lvs.flatMap(({ segments }) =>
    segments.filter(({ type }) => type === 'snapshot'),
  );
  const storesOf = (merging: boolean) =>
    new Set(
      snapshots.filter(({ isMerging }) => isMerging === merging).map(({ dependsOn: [, store] }) => store),
    );
  const shown = storesOf(false);
  const merging = storesOf(true);
  return metadata.lvs.filter((lv) => (isVisible(lv) && !merging.has(lv.name)) || shown.has(lv.name));
}

export function overlaps(a: PvRun, b: PvRun): boolean {
  return (
    a.pvUuid === b.pvUuid &&
    a.startExtent < b.startExtent + b.extentCount &&
    b.startExtent < a.startExtent + a.extentCount
  );
}

/** True when lvm has put an error target in the place of extents of this LV, or of one that it stands on. */
export const hasHoles = (lv: LvSection, metadata: VgMetadata): boolean =>
  namesIn(metadata).holed.has(lv.name);

/** Names of LVs with an error target, and of all that stand on them; each once, from below. */
function holedIn({ lvs }: VgMetadata): Set<string> {
  const above = new Map<string, string[]>();
  for (const { name, segments } of lvs) {
    for (const { areas, dependsOn } of segments) {
      for (const below of [...areas.flatMap((area) => (area.on === 'lv' ? [area.name] : [])), ...dependsOn]) {
        const users = above.get(below);
        if (users === undefined) above.set(below, [name]);
        else users.push(name);
      }
    }
  }
  const holed = new Set(
    lvs.filter(({ segments }) => segments.some(({ type }) => type === 'error')).map(({ name }) => name),
  );
  // A set gives what is added while it is gone through, too.
  for (const name of holed) for (const user of above.get(name) ?? []) holed.add(user);
  return holed;
}

export function lvSizeExtents(lv: LvSection): number {
  return lv.segments.reduce((sum, segment) => sum + segment.extentCount, 0);
}

/**
 * LVs and their extents as one comparable text: equal for two generations that map every byte of every LV alike.
 * Names of PV sections, which lvm renumbers at will, do not enter; tags, hosts and times neither.
 */
export function extentMap(metadata: VgMetadata): string {
  const pvUuid = new Map(metadata.pvs.map((pv) => [pv.name, pv.uuid]));
  const lines = metadata.lvs.map((lv) => {
    const segments = lv.segments.map((segment) => {
      const areas = segment.areas.map((area) => {
        const place = area.on === 'pv' ? (pvUuid.get(area.name) ?? `?${area.name}`) : area.name;
        return `${place}:${area.startExtent}`;
      });
      const needs = segment.dependsOn.join(',');
      return `${segment.startExtent}+${segment.extentCount} ${segment.type} [${areas.join(' ')}] ${needs}`;
    });
    return `${lv.uuid} ${lv.name} ${segments.join('; ')}`;
  });
  return lines.sort().join('\n');
}

/** The size of a generation's extents. */
export const extentBytes = (metadata: VgMetadata): number => metadata.extentSizeSectors * SECTOR_BYTES;

/** Where an extent of a PV begins, from the PV's start. */
export function areaOffset(pv: PvSection, extent: number, metadata: VgMetadata): number {
  return pv.peStartSectors * SECTOR_BYTES + extent * extentBytes(metadata);
}

/** Where byte `offsetBytes` of a linear LV stands; null for places on sub-LVs, stripes and gaps. */
export function placeOf(
  lv: LvSection,
  offsetBytes: number,
  metadata: VgMetadata,
): { pvName: string; offsetBytes: number; roomBytes: number } | null {
  const size = extentBytes(metadata);
  const segment = lv.segments.find(
    (each) =>
      offsetBytes >= each.startExtent * size && offsetBytes < (each.startExtent + each.extentCount) * size,
  );
  const area = segment?.areas.length === 1 ? segment.areas[0] : undefined;
  const pv = area?.on === 'pv' ? metadata.pvs.find((each) => each.name === area.name) : undefined;
  if (segment === undefined || area === undefined || pv === undefined) return null;
  const within = offsetBytes - segment.startExtent * size;
  return {
    pvName: pv.name,
    offsetBytes: areaOffset(pv, area.startExtent, metadata) + within,
    roomBytes: segment.areaExtents * size - within,
  };
}
