import { topLevelLvs } from '../../model/extents.ts';
import { isStillIn, type PastLv } from '../../model/past-lv.ts';
import type { MetadataText } from '../../model/survey.ts';
import { lvsNeeding } from './blockers.ts';
import type { VolumeGroupView } from './view.ts';

/**
 * What the generations that are left say of a volume group's past. Judged from what they hold: lvm before 2.03.06 writes no
 * description into the texts on disks, and takes a removal apart into a generation for each volume.
 */

/** One generation: every text that claims its seqno, those on disks before those in files. */
export interface Generation {
  readonly seqno: number;
  readonly texts: readonly [MetadataText, ...MetadataText[]];
}

/** How an LV came to be in no later generation. */
export type Departure =
  /** All that it stood on was there before and after: somebody removed it, and it stays removed. */
  | { readonly kind: 'removed' }
  /** Something it stood on was away, or went in the same step. */
  | { readonly kind: 'lost'; readonly last: Generation; readonly next: Generation }
  /** Generations in between are gone. */
  | { readonly kind: 'unknown'; readonly last: Generation; readonly next: Generation };

type Known = Pick<VolumeGroupView, 'base' | 'texts'>;
const histories = new WeakMap<MetadataText, { texts: Known['texts']; made: readonly Generation[] }>();

/** The generations up to the one that a repair starts from, which is the last; oldest first. */
export function historyOf({ base, texts }: Known): readonly Generation[] {
  const known = histories.get(base);
  if (known?.texts === texts) return known.made;
  const bySeqno = Map.groupBy(
    texts.filter(({ metadata }) => metadata.seqno < base.metadata.seqno),
    ({ metadata }) => metadata.seqno,
  );
  const inFile = ({ source }: MetadataText) => Number(source.kind === 'file');
  const older = [...bySeqno].flatMap(([seqno, same]): Generation[] => {
    const [first, ...others] = same.toSorted((a, b) => inFile(a) - inFile(b));
    return first === undefined ? [] : [{ seqno, texts: [first, ...others] }];
  });
  const made: readonly Generation[] = [
    ...older.sort((a, b) => a.seqno - b.seqno),
    { seqno: base.metadata.seqno, texts: [base] },
  ];
  histories.set(base, { texts, made });
  return made;
}

export const hasPv = ({ texts }: Generation, pvUuid: string): boolean =>
  texts.some(({ metadata }) => metadata.pvs.some(({ uuid }) => uuid === pvUuid));

/** PVs that a generation calls MISSING, as it was written. */
const awayIn = ({ texts }: Generation): Set<string> => {
  // lvm's archive of a generation is made before the next command, and says what was missing then.
  const onDisks = texts.filter(({ source }) => source.kind === 'disk');
  return missingIn(onDisks.length > 0 ? onDisks : texts);
};

const missingIn = (texts: readonly MetadataText[]): Set<string> =>
  new Set(
    texts.flatMap(({ metadata }) =>
      metadata.pvs.filter(({ flags }) => flags.includes('MISSING')).map(({ uuid }) => uuid),
    ),
  );

/** True when a generation, as it was written, calls this physical volume MISSING. */
export const isAway = (generation: Generation, pvUuid: string): boolean => awayIn(generation).has(pvUuid);

/** True when it was missing then, or before the next command. */
const wentAway = ({ texts }: Generation, pvUuid: string): boolean => missingIn(texts).has(pvUuid);

/** Every LV of a generation that people know, once for each text that has it. */
export const lvsIn = ({ texts }: Generation): PastLv[] =>
  texts.flatMap(({ metadata }) => topLevelLvs(metadata).map((lv) => ({ lv, in: metadata })));

const generationHas = ({ texts }: Generation, past: PastLv): boolean =>
  texts.some(({ metadata }) => isStillIn(past, metadata));

/** Where the last generation is that has this LV as it was; -1 where none has. */
export const lastWith = (past: PastLv, history: readonly Generation[]): number =>
  history.findLastIndex((generation) => generationHas(generation, past));

/** How this LV left; null when it is in the last generation. */
export function departureOf(past: PastLv, history: readonly Generation[]): Departure | null {
  const at = lastWith(past, history);
  const last = history[at];
  const next = history[at + 1];
  if (last === undefined || next === undefined) return null;
  if (!follows(last, next)) return { kind: 'unknown', last, next };
  return isForcedStep(last, next) || deprived(last, next).has(past.lv.uuid)
    ? { kind: 'lost', last, next }
    : { kind: 'removed' };
}

const deprivations = new WeakMap<Generation, ReadonlySet<string>>();

/** Ids of the LVs of a generation of which something was away then or before the next, or went with it. */
function deprived(last: Generation, next: Generation): ReadonlySet<string> {
  const known = deprivations.get(last);
  if (known !== undefined) return known;
  const away = [...pvsIn(last)].filter(
    (uuid) => wentAway(last, uuid) || isAway(next, uuid) || !hasPv(next, uuid),
  );
  const made = usersOf(new Set(away), last);
  deprivations.set(last, made);
  return made;
}

/** Ids of the LVs of a generation that need one of these PVs. */
export const usersOf = (pvUuids: ReadonlySet<string>, { texts }: Generation): Set<string> =>
  new Set(texts.flatMap(({ metadata }) => [...lvsNeeding(pvUuids, metadata)].map(({ uuid }) => uuid)));

/** True when nothing can have happened between the two. */
export const follows = (last: Generation, next: Generation): boolean =>
  next.texts.some(({ metadata }) => next.seqno - writesBefore(metadata.description) <= last.seqno + 1);

/** `Write[3] from vgreduce --removemissing …` is the third write of one removal: what the two before it did is known. */
function writesBefore(description: string): number {
  const count = /^Write\[(\d{1,3})\] from .*--removemissing/s.exec(description)?.[1];
  return count === undefined ? 0 : Number(count) - 1;
}

/** lvm writes its command into files, and since 2.03.06 into the texts on disks, too. */
const isForcedStep = (last: Generation, next: Generation): boolean =>
  next.texts.some(({ metadata }) =>
    /^(Write(\[\d+\])? from|Created \*after\* executing) .*--removemissing/s.test(metadata.description),
  ) ||
  last.texts.some(({ metadata }) =>
    /^Created \*before\* executing .*--removemissing/s.test(metadata.description),
  );

/**
 * Where the last generation is in which no physical volume of the volume group was missing; -1 where none is left. One that
 * was thrown out is missing until it is a member again.
 */
export function lastWhole(history: readonly Generation[]): number {
  const thrownOut = new Set<string>();
  let whole = -1;
  for (const [at, generation] of history.entries()) {
    const before = history[at - 1];
    for (const uuid of before === undefined ? [] : pvsIn(before)) {
      if (!hasPv(generation, uuid) && !leftWhole(uuid, before as Generation, generation)) thrownOut.add(uuid);
    }
    for (const uuid of pvsIn(generation)) thrownOut.delete(uuid);
    if (thrownOut.size === 0 && awayIn(generation).size === 0) whole = at;
  }
  return whole;
}

const pvsIn = ({ texts }: Generation): Set<string> =>
  new Set(texts.flatMap(({ metadata }) => metadata.pvs.map(({ uuid }) => uuid)));

/** A PV that was taken out while it was there, and took no volume with it. */
function leftWhole(pvUuid: string, last: Generation, next: Generation): boolean {
  if (wentAway(last, pvUuid)) return false;
  const users = usersOf(new Set([pvUuid]), last);
  return lvsIn(last).every((past) => !users.has(past.lv.uuid) || generationHas(next, past));
}
