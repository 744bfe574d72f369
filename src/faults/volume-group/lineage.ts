import { closureOf, isVisible, occupiedRuns, overlaps, pvsNeededBy, runsOf } from '../../model/extents.ts';
import type { LvSection, VgMetadata } from '../../model/metadata.ts';
import type { MetadataText } from '../../model/survey.ts';
import type { VolumeGroupView } from './view.ts';

/** What became of a PV that the newest generation does not have any more, and of the LVs on it. */
export interface Fate {
  /** The newest proven generation that has the PV, else the newest. */
  readonly from: MetadataText;
  /** True when the PV was thrown out while it was not there (`vgreduce --removemissing`). */
  readonly forced: boolean;
  /** Top-level LVs that went with it and can come back. */
  readonly lost: readonly LostLv[];
  /** What stands against bringing them back safely, each as a sentence. */
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
}

/** Reads the fate of a PV from the generations that are left; null when none of them has it. */
export function fateOf(
  pvUuid: string,
  view: VolumeGroupView,
  isProven: (text: MetadataText) => boolean,
): Fate | null {
  const line = lineOf(view);
  const lastWith = line.findLastIndex((text) => hasPv(text.metadata, pvUuid));
  const last = line[lastWith];
  if (last === undefined) return null;
  const withPv = view.texts.filter((text) => hasPv(text.metadata, pvUuid));
  const lost = lostLvs(pvUuid, line, view, isProven);
  const since = line.filter((text) => text.metadata.seqno > firstSeqno(lost, last));
  return {
    from: withPv.find(isProven) ?? withPv[0] ?? last,
    forced: isForced(pvUuid, last, line[lastWith + 1]),
    lost,
    objections: [
      ...gaps(firstSeqno(lost, last), since),
      ...lost.flatMap((each) => objectionsTo(each, view.base.metadata, isProven)),
    ],
    overwritten: lost.flatMap((each) => each.lvs.flatMap((lv) => reuseOf(lv, each.from, since))),
  };
}

/** One text per generation, oldest first, the newest at the end. */
function lineOf(view: VolumeGroupView): MetadataText[] {
  const bySeqno = new Map<number, MetadataText>();
  // What stands on the disks counts for more than a file, which may come from a clone.
  const filesFirst = [...view.texts].sort(
    (a, b) => Number(a.source.kind === 'disk') - Number(b.source.kind === 'disk'),
  );
  const newest = view.base.metadata.seqno;
  for (const text of filesFirst) if (text.metadata.seqno < newest) bySeqno.set(text.metadata.seqno, text);
  return [...[...bySeqno.values()].sort((a, b) => a.metadata.seqno - b.metadata.seqno), view.base];
}

function hasPv(metadata: VgMetadata, pvUuid: string): boolean {
  return metadata.pvs.some((pv) => pv.uuid === pvUuid);
}

/** Was the step between two generations a removal of missing PVs? lvm writes its commands into the texts. */
function isForced(pvUuid: string, before: MetadataText, after: MetadataText | undefined): boolean {
  const wasMissing = before.metadata.pvs.some((pv) => pv.uuid === pvUuid && pv.flags.includes('MISSING'));
  const isGone = after !== undefined && !hasPv(after.metadata, pvUuid);
  return (
    (wasMissing && isGone) ||
    /^(Write(\[\d+\])? from|Created \*after\* executing) .*--removemissing/s.test(
      after?.metadata.description ?? '',
    ) ||
    /^Created \*before\* executing .*--removemissing/s.test(before.metadata.description)
  );
}

function lostLvs(
  pvUuid: string,
  line: readonly MetadataText[],
  view: VolumeGroupView,
  isProven: (text: MetadataText) => boolean,
): LostLv[] {
  const now = new Set(view.base.metadata.lvs.map((lv) => lv.uuid));
  const once = new Map(line.flatMap((text) => text.metadata.lvs).map((lv) => [lv.uuid, lv]));
  return [...once.values()].flatMap((lv): LostLv[] => {
    if (now.has(lv.uuid) || !isVisible(lv)) return [];
    const lastWith = line.findLastIndex((text) => text.metadata.lvs.some((each) => each.uuid === lv.uuid));
    const last = line[lastWith];
    if (last === undefined || !pvsNeededBy(lv, last.metadata).has(pvUuid)) return [];
    // Gone in another step than a forced removal: somebody removed it on purpose, and it stays removed.
    if (!isForced(pvUuid, last, line[lastWith + 1])) return [];
    const from = view.texts.find((text) => isProven(text) && placeOf(lv, text) === placeOf(lv, last)) ?? last;
    const section = from.metadata.lvs.find((each) => each.uuid === lv.uuid) ?? lv;
    return [{ name: lv.name, lvs: closureOf(section, from.metadata), from }];
  });
}

/** Where an LV and all below it stand, comparable between generations. */
function placeOf(lv: LvSection, text: MetadataText): string | null {
  const section = text.metadata.lvs.find((each) => each.uuid === lv.uuid);
  if (section === undefined) return null;
  return JSON.stringify(
    closureOf(section, text.metadata).map((each) => [each.name, runsOf(each, text.metadata)]),
  );
}

function firstSeqno(lost: readonly LostLv[], last: MetadataText): number {
  return lost.reduce((min, each) => Math.min(min, each.from.metadata.seqno), last.metadata.seqno);
}

function gaps(from: number, since: readonly MetadataText[]): string[] {
  let last = from;
  const missing: string[] = [];
  for (const { metadata } of since) {
    const first = metadata.seqno - writesBefore(metadata.description);
    if (first > last + 1) missing.push(first === last + 2 ? `${last + 1}` : `${last + 1}-${first - 1}`);
    last = metadata.seqno;
  }
  return missing.length === 0
    ? []
    : [`generation ${missing.join(', ')} is gone, so what happened in it is not known`];
}

/** `Write[3] from vgreduce --removemissing …` is the third write of one removal: the two before it are known. */
function writesBefore(description: string): number {
  const count = /^Write\[(\d{1,3})\] from .*--removemissing/s.exec(description)?.[1];
  return count === undefined ? 0 : Number(count) - 1;
}

function objectionsTo(lost: LostLv, base: VgMetadata, isProven: (text: MetadataText) => boolean): string[] {
  const { seqno } = lost.from.metadata;
  const clash = lost.lvs.find((lv) => base.lvs.some((each) => each.name === lv.name));
  return [
    ...(isProven(lost.from)
      ? []
      : [`generation ${seqno}, the last one with ${lost.name}, is not proven: it stands in one place only`]),
    ...(clash === undefined ? [] : [`another LV is called ${clash.name} now`]),
  ];
}

/** The first generation since in which another LV has extents of this one. */
function reuseOf(lv: LvSection, from: MetadataText, since: readonly MetadataText[]): string[] {
  const mine = runsOf(lv, from.metadata);
  for (const { metadata } of since) {
    const other = occupiedRuns(metadata).find(
      (run) => run.lvUuid !== lv.uuid && mine.some((each) => overlaps(each, run)),
    );
    if (other === undefined) continue;
    const name = metadata.lvs.find((each) => each.uuid === other.lvUuid)?.name ?? other.lvUuid;
    return [
      `extents of ${lv.name} were given to ${name} in generation ${metadata.seqno}: its content is overwritten`,
    ];
  }
  return [];
}
