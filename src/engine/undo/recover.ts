import { volumeGroups } from '../../faults/volume-group/view.ts';
import { err, ok, type Result } from '../../model/result.ts';
import type { Survey } from '../../model/survey.ts';
import { diagnose, isFault } from '../diagnose.ts';
import type { LiveTarget, Notify, System } from '../ports.ts';
import { survey as readSurvey, resurvey } from '../survey/survey.ts';
import { blocksOf, checksum, ZEROS } from './blocks.ts';
import { type Interrupted, interruptedRun, WITHOUT_RECORD } from './interrupted.ts';
import { ioMessage } from './io-error.ts';
import { Journal } from './journal.ts';
import { presenceOf } from './locate.ts';
import { playBack, writeEnd } from './play-back.ts';
import {
  changedDataBlock,
  crcBefore,
  crcIn,
  type DescribedRecord,
  type Image,
  imageNow,
  load,
  type RecordRegion,
  recordBlocks,
  type UndoRecord,
} from './record.ts';
import { foreignChanges, NOTHING_RESTORED, type Restored } from './restore.ts';
import { volumesInUse } from './volumes-in-use.ts';

/** How an interrupted run was brought to an end. */
export type Recovery =
  /** The repair had reached its goal; it can be undone. */
  | { readonly ended: 'completed'; readonly record: UndoRecord }
  /** The disks are as before it. */
  | { readonly ended: 'rolled-back'; readonly record: DescribedRecord; readonly restored: Restored };

/** What was ended, first to last, and the disks as they are then. */
export interface Recovered {
  readonly runs: readonly Recovery[];
  readonly survey: Survey;
}

/** Ends every interrupted run on these disks: also one that was cut off while it ended another. */
export async function recoverAll(
  survey: Survey,
  system: System,
  notify: Notify,
): Promise<Result<Recovered, string>> {
  const runs: Recovery[] = [];
  let now = survey;
  for (let run = interruptedRun(now, system); run !== null; run = interruptedRun(now, system)) {
    const recovered = await recover(run, now, system, notify);
    if (!recovered.ok) {
      return err(
        `a repair was interrupted (undo record ${run.id}) and cannot be brought to an end: ${recovered.error}`,
      );
    }
    runs.push(recovered.value);
    const again = readSurvey(system.source, notify);
    if (!again.ok) return err(`${again.error.path}: ${again.error.message}`);
    now = again.value;
  }
  return ok({ runs, survey: now });
}

/**
 * Ends an interrupted run: where the disks are already what it wanted, it is finished; else every byte goes back, and what
 * stood there is kept. Refuses, naming why, when the disks cannot be told or somebody else changed them since.
 */
async function recover(
  { id, record: found }: Interrupted,
  survey: Survey,
  system: System,
  notify: Notify,
): Promise<Result<Recovery, string>> {
  if (!found.ok) return err(`${found.error}. ${WITHOUT_RECORD}`);
  const journal = new Journal(system.records, id, system.clock);
  try {
    if (!journal.has('step-begins')) {
      journal.note('rolled-back');
      return ok({ ended: 'rolled-back', record: found.value, restored: NOTHING_RESTORED });
    }
    const busy = volumesInUse(found.value, survey);
    if (busy.length > 0) return err(busy.join('; '));
    const loaded = load(id, system.records);
    if (!loaded.ok) return err(`${loaded.error}. ${WITHOUT_RECORD}`);
    const record = { ...loaded.value, regions: found.value.regions };
    notify({ type: 'phase', phase: 'roll-back', detail: id });
    const opened = await system.openLive(record.regions);
    if (!opened.ok) return err(opened.error);
    try {
      return await endOn(opened.value, record, journal, { survey, system, notify });
    } finally {
      await opened.value.release();
    }
  } catch (error) {
    return err(ioMessage(error));
  }
}

interface Surroundings {
  readonly survey: Survey;
  readonly system: System;
  readonly notify: Notify;
}

async function endOn(
  target: LiveTarget,
  record: UndoRecord,
  journal: Journal,
  { survey, system, notify }: Surroundings,
): Promise<Result<Recovery, string>> {
  const now = surveyOf(record, survey, target);
  const stale = changedByOthers(record, now, target, system);
  if (stale.length > 0) return err(`${stale.join('; ')}. ${WITHOUT_RECORD}`);
  if (record.kind === 'repair' && hasReachedItsGoal(record, now, target)) {
    writeEnd(record, target, system, journal);
    return ok({ ended: 'completed', record });
  }
  const used = changedData(record, target);
  if (used !== null) return err(used);
  journal.note('rolling-back');
  const restored = await playBack(record, target, system, notify);
  if (!restored.ok) return err(restored.error.message);
  journal.note('rolled-back');
  return ok({ ended: 'rolled-back', record, restored: restored.value });
}

function changedByOthers(record: UndoRecord, now: Survey, target: LiveTarget, system: System): string[] {
  // Between the look and the opening a disk may have become another one.
  const gone = presenceOf(record, now).flatMap((place) => {
    const isHere = place.is === 'here' || (place.is === 'unsure' && isAsBefore(place.region, target));
    return isHere ? [] : [place.why];
  });
  if (gone.length > 0) return gone;
  if (record.kind === 'undo' && record.undoes !== null) {
    const older = load(record.undoes, system.records);
    return older.ok ? foreignChanges(record, target, [beforeOf(older.value)]) : [older.error];
  }
  return record.volumeGroups.flatMap(({ name, uuid, seqnoAfter }) => {
    const seqno = volumeGroups(now).find((view) => view.ref.uuid === uuid)?.seqnoSeen ?? 0;
    return seqno > seqnoAfter
      ? [
          `volume group ${name} is at generation ${seqno} now, but the interrupted repair wrote none above ${seqnoAfter}: it was changed since`,
        ]
      : [];
  });
}

/** Every byte of a place is as the record found it, and not all of them are zeros, as on any new disk. */
function isAsBefore({ id, spans }: RecordRegion, target: LiveTarget): boolean {
  const before = spans.flatMap(({ blocks }) => blocks);
  const now = spans.flatMap((span) =>
    Array.from(blocksOf(target.reader(id), span), ({ bytes }) => checksum(bytes)),
  );
  return before.some((crc) => crc !== ZEROS) && before.every((crc, index) => crc === now[index]);
}

/** A record's before-image as checksums. */
function beforeOf(record: UndoRecord): Image {
  return record.regions.map(({ id, spans }) => ({ id, spans: spans.map((span) => span.blocks) }));
}

/** Its volume groups are there, and nothing is wrong with them any more. */
function hasReachedItsGoal(record: UndoRecord, now: Survey, target: LiveTarget): boolean {
  const uuids = new Set(record.volumeGroups.map((vg) => vg.uuid));
  const there = volumeGroups(now).filter(({ ref }) => uuids.has(ref.uuid));
  const image = imageNow(record, (id) => target.reader(id));
  const isUntouched = [...recordBlocks(record)].every((block) => crcIn(image, block) === crcBefore(block));
  return (
    !isUntouched &&
    there.length === uuids.size &&
    !diagnose(now).some((finding) => isFault(finding) && uuids.has(finding.volumeGroup?.uuid ?? ''))
  );
}

function surveyOf(record: UndoRecord, survey: Survey, target: LiveTarget): Survey {
  const mine = new Set(record.regions.map((region) => region.id));
  return resurvey(survey, (id) => (mine.has(id) ? target.reader(id) : null));
}

/** A repair writes nothing where extents stand: a change there is somebody's data, and going back would destroy it. */
function changedData(record: UndoRecord, target: LiveTarget): string | null {
  if (record.kind === 'undo') return null;
  const block = changedDataBlock(
    record,
    imageNow(record, (id) => target.reader(id)),
  );
  return block === null
    ? null
    : `the volumes on ${block.region.id} were used since (byte ${block.offsetBytes} changed): going back would destroy what was written`;
}
