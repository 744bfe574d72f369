import { volumeGroups } from '../../faults/volume-group/view.ts';
import { err, ok, type Result } from '../../model/result.ts';
import type { Survey } from '../../model/survey.ts';
import type { LiveTarget, Notify, System } from '../ports.ts';
import { ioMessage } from './io-error.ts';
import { Journal } from './journal.ts';
import { located } from './locate.ts';
import { playBack } from './play-back.ts';
import { describeRecord, load, loadAfter, type UndoRecord } from './record.ts';
import { recoverAll } from './recover.ts';
import { foreignChanges, type Restored } from './restore.ts';
import { volumesInUse } from './volumes-in-use.ts';

export interface Undone extends Restored {
  /** The record that was played back. */
  readonly record: UndoRecord;
  /** The record that plays this undo back; null when an interrupted run was merely rolled back. */
  readonly undoRecord: UndoRecord | null;
}

export interface UndoError {
  readonly kind: 'no-record' | 'refused' | 'failed' | 'incomplete';
  readonly message: string;
}

/** One line of `undo --list`. */
export interface RecordSummary {
  readonly id: string;
  readonly kind: 'repair' | 'undo';
  readonly state: 'finished' | 'rolled-back' | 'interrupted' | 'damaged';
  readonly createdAt: string;
  readonly volumeGroups: readonly string[];
  readonly devices: readonly string[];
}

export function listRecords(system: Pick<System, 'records' | 'clock'>): RecordSummary[] {
  return system.records.list().map((id) => {
    const record = describeRecord(id, system.records);
    if (!record.ok) {
      return { id, kind: 'repair', state: 'damaged', createdAt: '', volumeGroups: [], devices: [] };
    }
    const { kind, createdAt, volumeGroups, regions } = record.value;
    return {
      ...{ id, kind, createdAt, state: stateOf(id, system) },
      volumeGroups: volumeGroups.map((vg) => vg.name),
      devices: [...new Set(regions.map((region) => region.device))],
    };
  });
}

function stateOf(id: string, { records, clock }: Pick<System, 'records' | 'clock'>): RecordSummary['state'] {
  const journal = new Journal(records, id, clock);
  if (journal.has('finished')) return 'finished';
  return journal.has('rolled-back') ? 'rolled-back' : 'interrupted';
}

/** The record that `undo` without a name means: an interrupted run, else the last finished one. */
export function recordToUndo(
  system: Pick<System, 'records' | 'clock'>,
  id: string | null,
): Result<UndoRecord, UndoError> {
  const wanted =
    id ??
    listRecords(system).findLast(
      (each) => (each.state === 'finished' || each.state === 'interrupted') && !isOfEnding(each.id, system),
    )?.id ??
    null;
  if (wanted === null)
    return err({
      kind: 'no-record',
      message: 'there is no undo record: nothing was repaired, or it was kept elsewhere (--state-dir)',
    });
  const record = load(wanted, system.records);
  return record.ok ? record : err({ kind: 'no-record', message: record.error });
}

/** True for what was kept when a run that never finished was taken back: nobody means to go there, but it can be named. */
function isOfEnding(id: string, system: Pick<System, 'records' | 'clock'>): boolean {
  const record = describeRecord(id, system.records);
  const undoes = record.ok ? record.value.undoes : null;
  return undoes !== null && stateOf(undoes, system) !== 'finished';
}

/** Plays a record back, byte for byte, after making sure that the disks are as the record knows them. */
export async function undo(
  record: UndoRecord,
  survey: Survey,
  system: System,
  notify: Notify,
): Promise<Result<Undone, UndoError>> {
  const there = located(record, survey);
  if (!there.ok) return refuse([there.error]);
  const recovered = await recoverAll(survey, system, notify);
  if (!recovered.ok) return refuse([recovered.error]);
  const { runs, survey: now } = recovered.value;
  const takenBack = runs.filter((run) => run.ended === 'rolled-back');
  // An undo that was cut off was itself taken back: what it was to undo is meant.
  const isCutOff = takenBack.some((run) => run.record.id === record.id);
  const wanted = isCutOff ? (record.undoes ?? record.id) : record.id;
  const done = takenBack.find((run) => run.record.id === wanted);
  if (done !== undefined) return ok({ ...done.restored, record, undoRecord: null });
  const meant = load(wanted, system.records);
  if (!meant.ok) return err({ kind: 'no-record', message: meant.error });
  return play(meant.value, now, system, notify);
}

async function play(
  named: UndoRecord,
  survey: Survey,
  system: System,
  notify: Notify,
): Promise<Result<Undone, UndoError>> {
  const there = located(named, survey);
  if (!there.ok) return refuse([there.error]);
  const record = there.value;
  const busy = volumesInUse(record, survey);
  if (busy.length > 0) return refuse(busy);
  notify({ type: 'phase', phase: 'undo', detail: record.id });
  const opened = await system.openLive(record.regions);
  if (!opened.ok) return err({ kind: 'failed', message: opened.error });
  try {
    return await playOn(opened.value, record, survey, system, notify);
  } catch (error) {
    return err({ kind: 'failed', message: ioMessage(error) });
  } finally {
    await opened.value.release();
  }
}

async function playOn(
  target: LiveTarget,
  record: UndoRecord,
  survey: Survey,
  system: System,
  notify: Notify,
): Promise<Result<Undone, UndoError>> {
  const after = loadAfter(record.id, system.records);
  const differences = foreignChanges(record, target, after === null ? [] : [after]);
  if (differences.length > 0) return refuse([...generationsNow(record, survey), ...differences]);
  const played = await playBack(record, target, system, notify);
  return played.ok ? ok({ ...played.value, record }) : played;
}

/** What the volume groups of a record are at, for people who wonder what changed. */
function generationsNow(record: UndoRecord, survey: Survey): string[] {
  return record.volumeGroups.flatMap(({ name, uuid, seqnoAfter }) => {
    const seqno = volumeGroups(survey).find((view) => view.ref.uuid === uuid)?.base.metadata.seqno;
    return seqno !== undefined && seqno > seqnoAfter
      ? [
          `volume group ${name} was changed since the repair: it is at generation ${seqno}, the repair wrote none above ${seqnoAfter}`,
        ]
      : [];
  });
}

function refuse(reasons: readonly string[]): Result<never, UndoError> {
  return err({ kind: 'refused', message: reasons.join('; ') });
}
