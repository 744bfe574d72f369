import { closureOf, closureOfAll, isVisible, MAX_STACK, runsOf, topLevelLvs } from '../../model/extents.ts';
import type { LvSection, Segment, VgMetadata } from '../../model/metadata.ts';
import { lvsNeeding } from './blockers.ts';

/**
 * What becomes of LVs when absent physical volumes are given up: what goes, what stays without a leg, and what would be
 * deleted though its data is here. As lvm does it (lvm2 `tools/vgreduce.c`, `_make_vg_consistent`), but gentler: what can be
 * given up by itself is given up first.
 */
export interface Farewell {
  /** Given up first, each by itself, so that nothing else goes with it: names of LVs. */
  readonly first: readonly string[];
  /** LVs that are gone afterwards. */
  readonly removed: ReadonlySet<LvSection>;
  /** Legs of RAID that become error targets; what stands on them stays. */
  readonly holed: ReadonlySet<LvSection>;
  /** What is lost, each as a sentence. */
  readonly losses: readonly string[];
  /** Why it must not be done so, and what would help, each as a sentence; empty where it may be. */
  readonly refusals: readonly string[];
}

/** Judges the giving up of PVs by their ids. Pure. */
export function farewellTo(absent: ReadonlySet<string>, metadata: VgMetadata): Farewell {
  const alone = aloneOn(absent, metadata);
  const tied = new Set(alone.flatMap(({ goes }) => goes));
  const rest = { ...metadata, lvs: metadata.lvs.filter((lv) => !tied.has(lv)) };
  const needing = lvsNeeding(absent, rest);
  const tops = topLevelLvs(rest).filter((lv) => needing.has(lv));
  const kept = tops.filter((lv) => keepsRaid(lv, absent, rest, needing));
  const holed = new Set(kept.flatMap((lv) => legsWithout(lv, absent, rest)));
  const safeSides = new Set(closureOfAll(kept, rest));
  const going = tops.filter((lv) => !safeSides.has(lv));
  const removed = withParts(going, rest);
  return {
    first: alone.map(({ name }) => name),
    removed: new Set([...tied, ...removed]),
    holed,
    losses: [
      ...alone.map(({ loss }) => loss),
      ...kept.map((lv) => `the legs of ${lv.name} (RAID) on it; ${lv.name} itself stays, with what is left`),
      ...(going.length === 0
        ? []
        : [`logical volumes that need it are deleted: ${going.map(({ name }) => name).join(', ')}`]),
    ],
    refusals: [
      ...going.flatMap((lv) => needless(lv, absent, rest) ?? []),
      ...[...needing]
        .filter((lv) => !removed.has(lv) && !safeSides.has(lv))
        .map((lv) => `lvm has no way to give up the hidden volume ${lv.name} by itself`),
    ],
  };
}

interface Alone {
  readonly name: string;
  readonly goes: readonly LvSection[];
  readonly loss: string;
}

/** What on the absent PVs nothing else depends on: stores of snapshots, and the spare of pools' metadata. */
function aloneOn(absent: ReadonlySet<string>, metadata: VgMetadata): Alone[] {
  const named = new Map(metadata.lvs.map((lv) => [lv.name, lv]));
  const standsOn = (lv: LvSection) => runsOf(lv, metadata).some(({ pvUuid }) => absent.has(pvUuid));
  const used = new Set(metadata.lvs.flatMap((lv) => lv.segments.flatMap(namesBelow)));
  const spares = metadata.lvs
    .filter((lv) => !isVisible(lv) && lv.name.endsWith('_pmspare') && !used.has(lv.name) && standsOn(lv))
    .map((lv) => ({
      name: lv.name,
      goes: [lv],
      loss: `the spare for the metadata of pools (${lv.name}), which holds no data`,
    }));
  const snapshots = metadata.lvs.flatMap((lv): Alone[] => {
    const [segment] = lv.segments;
    const [originName = '', storeName = ''] = segment?.dependsOn ?? [];
    const origin = named.get(originName);
    const store = named.get(storeName);
    if (segment?.type !== 'snapshot' || segment.isMerging || !origin || !store) return [];
    if (!standsOn(store) || standsOn(origin)) return [];
    return [{ name: store.name, goes: [lv, store], loss: `snapshot ${store.name} of ${origin.name}` }];
  });
  return [...spares, ...snapshots];
}

const namesBelow = ({ areas, dependsOn }: Segment): string[] => [
  ...areas.flatMap(({ on, name }) => (on === 'lv' ? [name] : [])),
  ...dependsOn,
];

/** How many legs each kind of RAID can do without; those of raid10 depend on which they are. */
const DISPENSABLE: readonly (readonly [type: RegExp, legs: (all: number) => number])[] = [
  [/^raid1$/, (all) => all - 1],
  [/^raid[45]/, () => 1],
  [/^raid6/, () => 2],
];

/** RAID with nothing above it, of which enough legs are here: lvm puts error targets in the place of the others. */
function keepsRaid(
  lv: LvSection,
  absent: ReadonlySet<string>,
  metadata: VgMetadata,
  needing: ReadonlySet<LvSection>,
): boolean {
  const [segment] = lv.segments;
  const spare = DISPENSABLE.find(([type]) => type.test(segment?.type ?? ''))?.[1];
  if (segment === undefined || lv.segments.length > 1 || spare === undefined) return false;
  const gone = legsWithout(lv, absent, metadata);
  const images = gone.filter(({ name }) => segment.areas.some((area) => area.name === name)).length;
  const isTop = ![...needing].some(
    (other) => other !== lv && other.segments.some((each) => namesBelow(each).includes(lv.name)),
  );
  return isTop && images <= spare(segment.areas.length);
}

/** The sub-LVs of RAID that go: a leg goes as a whole, its image with its metadata. */
function legsWithout(lv: LvSection, absent: ReadonlySet<string>, metadata: VgMetadata): LvSection[] {
  const named = new Map(metadata.lvs.map((each) => [each.name, each]));
  const gone = (name: string) => {
    const leg = named.get(name);
    return leg !== undefined && runsOf(leg, metadata).some(({ pvUuid }) => absent.has(pvUuid));
  };
  return lv.segments.flatMap(({ areas, dependsOn }) =>
    areas.flatMap(({ name }, index) => {
      const pair = [name, ...(dependsOn[index] === undefined ? [] : [dependsOn[index]])];
      return pair.some(gone) ? pair.flatMap((each) => named.get(each) ?? []) : [];
    }),
  );
}

/** LVs, what stands on them, and their hidden parts that nothing else uses. */
function withParts(tops: readonly LvSection[], metadata: VgMetadata): Set<LvSection> {
  const going = new Set(closureOfAll(tops, metadata));
  const goingTops = new Set(tops);
  const kept = topLevelLvs(metadata).filter((lv) => !goingTops.has(lv));
  for (const lv of closureOfAll(kept, metadata)) going.delete(lv);
  for (const lv of tops) going.add(lv);
  return going;
}

/** Why an LV must not go with the absent disk: its data is here, and lvm would delete it all the same. */
function needless(lv: LvSection, absent: ReadonlySet<string>, metadata: VgMetadata): string | null {
  const types = closureOf(lv, metadata, MAX_STACK).flatMap(({ segments }) =>
    segments.map(({ type }) => type),
  );
  if (types.some((type) => type === 'cache' || type === 'writecache')) {
    return `${lv.name} is cached, and giving the disk up would delete it: take the cache off first (lvm lvconvert --uncache), if its origin is here`;
  }
  if (types.some((type) => /^(raid|mirror)/.test(type))) {
    return `${lv.name} stands on RAID or a mirror, and giving the disk up would delete what is left of it: try lvm vgchange -ay --activationmode degraded, then lvm lvconvert --repair`;
  }
  const own = runsOf(lv, metadata);
  if (types.includes('snapshot') && own.length > 0 && own.every(({ pvUuid }) => !absent.has(pvUuid))) {
    return `all of ${lv.name} is here, but a snapshot of it is not (or was being merged into it), and giving the disk up would delete both`;
  }
  return null;
}
