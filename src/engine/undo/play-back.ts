import type { Result } from '../../model/result.ts';
import { err, ok } from '../../model/result.ts';
import type { LiveTarget, Notify, System } from '../ports.ts';
import { Journal } from './journal.ts';
import { imageNow, saveAfter, saveForUndo, type UndoRecord } from './record.ts';
import { type Restored, restore } from './restore.ts';

export interface PlayedBack extends Restored {
  /** Plays this back in turn: what stood there before. */
  readonly undoRecord: UndoRecord;
}

export interface PlayBackError {
  /** `incomplete`: some bytes are back, others are not. */
  readonly kind: 'failed' | 'incomplete';
  readonly message: string;
}

/** Puts a record's bytes back on disks that were found to be its own. What stands there now is saved before. */
export async function playBack(
  record: UndoRecord,
  target: LiveTarget,
  system: System,
  notify: Notify,
): Promise<Result<PlayedBack, PlayBackError>> {
  const saved = saveForUndo(record, system.records, (id) => target.reader(id), system.clock());
  if (!saved.ok) return err({ kind: 'failed', message: saved.error });
  const undoRecord = saved.value;
  const journal = new Journal(system.records, undoRecord.id, system.clock);
  journal.stepBegins(0, record.volumeGroups[0]?.uuid ?? '');
  const restored = await restore(record, system.records, target, notify);
  if (!restored.ok) {
    const message = `${restored.error}. The undo record is ${system.records.folder(record.id)}`;
    return err({ kind: 'incomplete', message });
  }
  writeEnd(undoRecord, target, system, journal);
  return ok({ ...restored.value, undoRecord });
}

/** Writes down how a run left the disks, and that it is over. */
export function writeEnd(record: UndoRecord, target: LiveTarget, system: System, journal: Journal): void {
  saveAfter(
    record,
    system.records,
    imageNow(record, (id) => target.reader(id)),
  );
  journal.note('finished');
}
