import { closureOf, isVisible, occupiedRuns, overlaps, pvsNeededBy, runsOf } from '../../model/extents.ts';
import type { LvSection, VgMetadata } from '../../model/metadata.ts';
import type { MetadataText } from '../../model/survey.ts';
import type { VolumeGroupView } from './view.ts';

/** What became of a PV and its LVs between an older generation that has them and the newest, which does not. */
export interface Fate {
  /** True when the PV was thrown out while it was not there (`vgreduce --removemissing`). */
  readonly forced: boolean;
  /** Top-level LVs, with their sub-LVs, that went with it and can come back. */
  readonly lost: readonly LvSection[];
  /** What stands against bringing them back safely, each as a sentence. */
  readonly objections: readonly string[];
}

/** Reads the fate of PV `pvUuid`, last seen in `older`, from the generations left in the rings. */
export function fateOf(pvUuid: string, older: MetadataText, view: VolumeGroupView): Fate {
  const base = view.base.metadata;
  const since = generationsBetween(older, view);
  const forced = wasForcedOut(pvUuid, [older.metadata, ...since]);
  const lost = older.metadata.lvs.filter(
    (lv) =>
      isVisible(lv) &&
      !base.lvs.some((each) => each.uuid === lv.uuid) &&
      pvsNeededBy(lv, older.metadata).has(pvUuid) &&
      wentWith(lv, pvUuid, [older.metadata, ...since]),
  );
  const whole = new Map(lost.flatMap((lv) => closureOf(lv, older.metadata)).map((lv) => [lv.uuid, lv]));
  const objections = [
    ...(forced ? [] : ['no generation shows that the PV was missing when it was removed']),
    ...gaps(older, since),
    ...[...whole.values()].flatMap((lv) => objectionsTo(lv, older.metadata, since, base)),
  ];
  return { forced, lost: [...whole.values()], objections };
}

/** Generations after `older` up to the newest, oldest first, one per seqno (the newest ends the list). */
function generationsBetween(older: MetadataText, view: VolumeGroupView): VgMetadata[] {
  const base = view.base.metadata;
  const bySeqno = new Map<number, VgMetadata>();
  // What stands on the disks counts for more than a file that may come from a clone.
  const filesFirst = [...view.texts].sort(
    (a, b) => Number(a.source.kind === 'disk') - Number(b.source.kind === 'disk'),
  );
  for (const { metadata } of filesFirst) {
    if (metadata.seqno > older.metadata.seqno && metadata.seqno < base.seqno)
      bySeqno.set(metadata.seqno, metadata);
  }
  return [...[...bySeqno.values()].sort((a, b) => a.seqno - b.seqno), base];
}

function wasForcedOut(pvUuid: string, line: readonly VgMetadata[]): boolean {
  const index = line.findIndex((each) => !each.pvs.some((pv) => pv.uuid === pvUuid));
  return index > 0 && isForced(pvUuid, line[index - 1], line[index]);
}

/** lvm writes the command into the text (`Write from vgreduce --removemissing …`); the MISSING flag says it as well. */
function isForced(pvUuid: string, before: VgMetadata | undefined, after: VgMetadata | undefined): boolean {
  const wasMissing = before?.pvs.some((pv) => pv.uuid === pvUuid && pv.flags.includes('MISSING')) ?? false;
  const stillThere = after?.pvs.some((pv) => pv.uuid === pvUuid) ?? false;
  const removal = after?.description.includes('--removemissing') ?? false;
  return removal || (wasMissing && !stillThere);
}

/** Did the LV go in a forced removal, and not by somebody's lvremove before or after? */
function wentWith(lv: LvSection, pvUuid: string, line: readonly VgMetadata[]): boolean {
  const index = line.findIndex((each) => !each.lvs.some((other) => other.uuid === lv.uuid));
  return index > 0 && isForced(pvUuid, line[index - 1], line[index]);
}

function gaps(older: MetadataText, since: readonly VgMetadata[]): string[] {
  let last = older.metadata.seqno;
  const missing: string[] = [];
  for (const { seqno, description } of since) {
    last = Math.max(last, seqno - 1 - writesBefore(description));
    if (seqno > last + 1) missing.push(seqno === last + 2 ? `${last + 1}` : `${last + 1}-${seqno - 1}`);
    last = seqno;
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

function objectionsTo(
  lv: LvSection,
  older: VgMetadata,
  since: readonly VgMetadata[],
  base: VgMetadata,
): string[] {
  const objections: string[] = [];
  const mine = runsOf(lv, older);
  for (const generation of since) {
    const other = occupiedRuns(generation).find(
      (run) => run.lvUuid !== lv.uuid && mine.some((each) => overlaps(each, run)),
    );
    if (other === undefined) continue;
    const name = generation.lvs.find((each) => each.uuid === other.lvUuid)?.name ?? other.lvUuid;
    objections.push(
      `extents of ${lv.name} were given to ${name} in generation ${generation.seqno}: its content is overwritten`,
    );
    break;
  }
  const known = new Set(base.pvs.map((pv) => pv.uuid));
  const unknown = mine.filter(
    (run) => !known.has(run.pvUuid) && !older.pvs.some((pv) => pv.uuid === run.pvUuid),
  );
  if (unknown.length > 0) objections.push(`${lv.name} needs a PV that no generation describes`);
  if (base.lvs.some((each) => each.name === lv.name)) objections.push(`another LV is called ${lv.name} now`);
  return objections;
}
