import {
  closureOf,
  lvNamed,
  lvOf,
  MAX_STACK,
  occupiedRuns,
  overlaps,
  pvsNeededBy,
  runsOf,
} from '../../model/extents.ts';
import type { LvSection, VgMetadata } from '../../model/metadata.ts';
import { isStillIn, type PastLv } from '../../model/past-lv.ts';
import type { MetadataText } from '../../model/survey.ts';
import {
  departureOf,
  follows,
  type Generation,
  hasPv,
  historyOf,
  isAway,
  lastWith,
  lvsIn,
  usersOf,
} from './history.ts';
import { labelledUuid } from './pieces.ts';
import type { VolumeGroupView } from './view.ts';

/** What a PV's absence did to its volume group, and to the LVs on it. */
export interface Fate {
  /** The newest proven generation that has the PV, else the newest. */
  readonly from: MetadataText;
  /** Top-level LVs that went with it. */
  readonly lost: readonly LostLv[];
  /** What stands against calling it safe to bring them back, each as a sentence. */
  readonly objections: readonly string[];
  /** LVs whose extents hold other data now, each as a sentence: nothing brings those back. */
  readonly overwritten: readonly string[];
}

export interface LostLv {
  readonly name: string;
  /** The LV and its sub-LVs. */
  readonly lvs: readonly LvSection[];
  /** A generation that has it as it last was: a proven one if there is any. */
  readonly from: MetadataText;
  /** Why it cannot come back, as a sentence; null when it can. */
  readonly obstacle: string | null;
}

/** What judging a fate needs to know beside the volume group. */
export interface Circumstances {
  readonly isProven: (text: MetadataText) => boolean;
  /** PVs that are here: members on attached disks, and those that come back with this repair. */
  readonly available: ReadonlySet<string>;
  /** LVs that are in another volume group now. */
  readonly elsewhere: ReadonlySet<string>;
}

/**
 * Reads the fate of a PV that was thrown out or is called MISSING, from the last generation in which it was not missing to
 * the newest; null when no generation has it.
 */
export function fateOf(pvUuid: string, view: VolumeGroupView, around: Circumstances): Fate | null {
  const history = historyOf(view);
  const lastAt = history.findLastIndex((generation) => hasPv(generation, pvUuid));
  const last = history[lastAt];
  if (last === undefined) return null;
  const thereAt = history.findLastIndex(
    (generation, at) => at <= lastAt && hasPv(generation, pvUuid) && !isAway(generation, pvUuid),
  );
  const gone = goneWith(pvUuid, history, Math.max(thereAt, 0), lastAt, view, around);
  const lost = gone.flatMap(({ past, at }) => lostLv(past, at, history, view, around) ?? []);
  const since = history.filter(({ seqno }) => seqno > firstSeqno(lost, last));
  const withPv = view.texts.filter(({ metadata }) => metadata.pvs.some(({ uuid }) => uuid === pvUuid));
  return {
    from: withPv.find(around.isProven) ?? last.texts[0],
    lost,
    objections: [
      ...(thereAt < 0
        ? [
            `the generations that are left (from ${history[0]?.seqno} on) do not reach back to one in which PV ${pvUuid} was there: what went with it before is not known`,
          ]
        : []),
      ...(lost.length > 0 ? gaps(firstSeqno(lost, last), since) : []),
      ...lost.flatMap((each) => each.obstacle ?? unproven(each, around)),
    ],
    overwritten: lost.flatMap((each) => each.lvs.flatMap((lv) => reuseOf(lv, each.from, since))),
  };
}

/** What comes back from which generation; the PV itself comes with the first. */
export function adoptions(
  fate: Fate,
  returning: readonly LostLv[],
): { readonly kind: 'adopt-pv'; readonly from: MetadataText; readonly lvUuids: readonly string[] }[] {
  const sources = new Map(
    [fate.from, ...returning.map(({ from }) => from)].map((text) => [text.digest, text]),
  );
  return [...sources.values()].map((from) => ({
    kind: 'adopt-pv',
    from,
    lvUuids: returning
      .filter((lv) => lv.from.digest === from.digest)
      .flatMap(({ lvs }) => lvs.map(({ uuid }) => uuid)),
  }));
}

/** PVs that returning LVs stand on, too, and that were thrown out with nothing of their own: they come back with them. */
export function alsoNeeded(
  returning: readonly LostLv[],
  view: VolumeGroupView,
  pvUuid: string,
): {
  readonly kind: 'adopt-pv';
  readonly pvUuid: string;
  readonly regionId: string;
  readonly from: MetadataText;
  readonly lvUuids: readonly string[];
}[] {
  const members = new Set(view.members.map(({ section }) => section.uuid));
  const needed = new Map(
    returning.flatMap(({ lvs: [top], from }) =>
      top === undefined ? [] : [...pvsNeededBy(top, from.metadata)].map((uuid) => [uuid, from] as const),
    ),
  );
  return [...needed]
    .filter(([uuid]) => uuid !== pvUuid && !members.has(uuid))
    .flatMap(([uuid, from]) => {
      const region = view.outsiders.find((each) => labelledUuid(each) === uuid);
      return region === undefined
        ? []
        : [{ kind: 'adopt-pv', pvUuid: uuid, regionId: region.id, from, lvUuids: [] }];
    });
}

interface Gone {
  readonly past: PastLv;
  /** Where in the history it was last. */
  readonly at: number;
}

/** LVs that used the PV while it was a member and left because it was away, or nobody knows why. */
function goneWith(
  pvUuid: string,
  history: readonly Generation[],
  fromAt: number,
  lastAt: number,
  view: VolumeGroupView,
  { elsewhere }: Circumstances,
): Gone[] {
  const once = new Map(
    history
      .slice(fromAt, lastAt + 1)
      .flatMap(lvsIn)
      .map((past) => [past.lv.uuid, past]),
  );
  const users = new Map<Generation, ReadonlySet<string>>();
  const used = (lv: LvSection, last: Generation): boolean => {
    const known = users.get(last) ?? usersOf(new Set([pvUuid]), last);
    users.set(last, known);
    return known.has(lv.uuid);
  };
  return [...once.values()].flatMap((past): Gone[] => {
    if (isStillIn(past, view.base.metadata) || elsewhere.has(past.lv.uuid)) return [];
    const departure = departureOf(past, history);
    if (departure === null || departure.kind === 'removed') return [];
    return used(past.lv, departure.last) ? [{ past, at: lastWith(past, history) }] : [];
  });
}

/** From a proven generation that places it as the last one does, else from the last itself. */
function lostLv(
  { lv }: PastLv,
  at: number,
  history: readonly Generation[],
  view: VolumeGroupView,
  around: Circumstances,
): LostLv | null {
  const last = history[at]?.texts.find(({ metadata }) => lvOf(lv.uuid, metadata) !== undefined);
  if (last === undefined) return null;
  const below = closureOf(lvOf(lv.uuid, last.metadata) ?? lv, last.metadata, MAX_STACK);
  if (below.length >= MAX_STACK) {
    return {
      name: lv.name,
      lvs: [],
      from: last,
      obstacle: `${lv.name} stands on more volumes than can be followed`,
    };
  }
  const place = placeOf(lv, last);
  const from = view.texts.find((text) => around.isProven(text) && placeOf(lv, text) === place) ?? last;
  const section = lvOf(lv.uuid, from.metadata) ?? lv;
  const lvs = closureOf(section, from.metadata);
  const obstacle = obstacleTo(lvs, from.metadata, view.base.metadata, around);
  return { name: section.name, lvs, from, obstacle };
}

/** Where an LV and all below it stand, comparable between generations. */
function placeOf(lv: LvSection, { metadata }: MetadataText): string | null {
  const section = lvOf(lv.uuid, metadata);
  if (section === undefined) return null;
  return JSON.stringify(closureOf(section, metadata).map((each) => [each.name, runsOf(each, metadata)]));
}

const firstSeqno = (lost: readonly LostLv[], last: Generation): number =>
  lost.reduce((min, { from }) => Math.min(min, from.metadata.seqno), last.seqno);

function gaps(from: number, since: readonly Generation[]): string[] {
  let last = from;
  const missing: string[] = [];
  for (const generation of since) {
    const { seqno } = generation;
    if (!follows({ ...generation, seqno: last }, generation)) {
      missing.push(seqno === last + 2 ? `${last + 1}` : `${last + 1}-${seqno - 1}`);
    }
    last = seqno;
  }
  return missing.length === 0
    ? []
    : [`generation ${missing.join(', ')} is gone, so what happened in it is not known`];
}

function unproven({ name, from }: LostLv, { isProven }: Circumstances): string[] {
  const { seqno } = from.metadata;
  return isProven(from)
    ? []
    : [`generation ${seqno}, the last one with ${name}, is not proven: it stands in one place only`];
}

/** Why an LV cannot come back into the newest generation; null when it can. */
function obstacleTo(
  lvs: readonly LvSection[],
  from: VgMetadata,
  base: VgMetadata,
  { available }: Circumstances,
): string | null {
  const [top] = lvs;
  if (top === undefined) return null;
  const absent = [...pvsNeededBy(top, from)].find((uuid) => !available.has(uuid));
  if (absent !== undefined) return `${top.name} also stands on PV ${absent}, which is not here`;
  const damaged = lvs.find(({ uuid }) => lvOf(uuid, base) !== undefined);
  if (damaged !== undefined) return `parts of ${damaged.name} were replaced or cut off since`;
  const clash = lvs.find(({ name }) => lvNamed(name, base) !== undefined);
  return clash === undefined ? null : `another LV is called ${clash.name} now`;
}

/** The first generation since in which another LV has extents of this one. */
function reuseOf(lv: LvSection, from: MetadataText, since: readonly Generation[]): string[] {
  const mine = runsOf(lv, from.metadata);
  for (const { seqno, texts } of since) {
    for (const { metadata } of texts) {
      const other = occupiedRuns(metadata).find(
        (run) => run.lvUuid !== lv.uuid && mine.some((each) => overlaps(each, run)),
      );
      if (other === undefined) continue;
      const name = metadata.lvs.find((each) => each.uuid === other.lvUuid)?.name ?? other.lvUuid;
      return [
        `extents of ${lv.name} were given to ${name} in generation ${seqno}: its content is overwritten`,
      ];
    }
  }
  return [];
}
