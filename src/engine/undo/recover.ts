import { volumeGroups } from '../../faults/volume-group/view.ts';
import { err, ok, type Result } from '../../model/result.ts';
import type { Survey } from '../../model/survey.ts';
import { diagnose, isFault } from '../diagnose.ts';
import type { LiveTarget, Notify, System } from '../ports.ts';
import { resurvey } from '../survey/survey.ts';
import { ioMessage } from './io-error.ts';
import { Journal } from './journal.ts';
import { located } from './locate.ts';
import {
  changedDataBlock,
  crcBefore,
  crcIn,
  type DescribedRecord,
  describeRecord,
  type Image,
  imageNow,
  load,
  recordBlocks,
  saveAfter,
  type UndoRecord,
} from './record.ts';
import { foreignChanges, restore } from './restore.ts';

/** How an interrupted run was brought to an end. */
export type Recovery =
  /** The repair had reached its goal; it can be undone. */
  | { readonly ended: 'completed'; readonly record: UndoRecord }
  /** The disks are as before it. */
  | { readonly ended: 'rolled-back'; readonly record: DescribedRecord };

const WITHOUT_RECORD =
  'To repair what the disks hold now without it, keep the records elsewhere: --state-dir DIR';

/**
 * The record of a run on these disks that a kill or a power cut ended; null when the last run on them ended well.
 * Records of other disks do not matter here. Its saved bytes are not looked at: they may be damaged.
 */
export function interruptedRecord(survey: Survey, system: System): DescribedRecord | null {
  for (const id of system.records.list().toReversed()) {
    const content = describeRecord(id, system.records);
    const there = content.ok ? located({ ...content.value, id }, survey) : content;
    if (!there.ok) continue;
    const journal = new Journal(system.records, id, system.clock);
    const isOver = journal.has('finished') || journal.has('rolled-back');
    return isOver ? null : there.value;
  }
  return null;
}

/**
 * Ends an interrupted run: where the disks are already what it wanted, it is finished; else every byte goes back.
 * Refuses, naming why, when somebody else changed the disks since.
 */
export async function recover(
  interrupted: DescribedRecord,
  survey: Survey,
  system: System,
  notify: Notify,
): Promise<Result<Recovery, string>> {
  const uuids = new Set(interrupted.volumeGroups.map((vg) => vg.uuid));
  const active = survey.machine.activeLvs.filter((lv) => uuids.has(lv.vgUuid));
  if (active.length > 0) {
    return err(`${active.map((lv) => lv.name).join(', ')} is active: deactivate it first (lvm vgchange -an)`);
  }
  const journal = new Journal(system.records, interrupted.id, system.clock);
  if (!journal.has('step-begins')) return nothingBegan(interrupted, journal);
  const loaded = load(interrupted.id, system.records);
  if (!loaded.ok) return err(`${loaded.error}. ${WITHOUT_RECORD}`);
  const record = { ...loaded.value, regions: interrupted.regions };
  notify({ type: 'phase', phase: 'roll-back', detail: record.id });
  const opened = await system.openLive(record.regions);
  if (!opened.ok) return err(opened.error);
  const target = opened.value;
  try {
    const stale = changedByOthers(record, survey, target, system);
    if (stale.length > 0) return err(stale.join('; '));
    if (record.kind === 'repair' && isHealthy(record, survey, target)) {
      finish(record, target, system, journal);
      return ok({ record, ended: 'completed' });
    }
    const used = changedData(record, target);
    if (used !== null) return err(used);
    journal.note('rolling-back');
    const restored = restore(record, system.records, target, notify);
    if (!restored.ok) return err(restored.error);
    journal.note('rolled-back');
    return ok({ record, ended: 'rolled-back' });
  } catch (error) {
    return err(ioMessage(error));
  } finally {
    await target.release();
  }
}

/** Such a run wrote nothing to the disks. */
function nothingBegan(record: DescribedRecord, journal: Journal): Result<Recovery, string> {
  try {
    journal.note('rolled-back');
    return ok({ record, ended: 'rolled-back' });
  } catch (error) {
    return err(ioMessage(error));
  }
}

/** Writes down how the run left the disks, and that it is over. */
export function finish(record: UndoRecord, target: LiveTarget, system: System, journal: Journal): void {
  saveAfter(
    record,
    system.records,
    imageNow(record, (id) => target.reader(id)),
  );
  journal.note('finished');
}

function changedByOthers(record: UndoRecord, survey: Survey, target: LiveTarget, system: System): string[] {
  if (record.kind === 'undo' && record.undoes !== null) {
    const older = load(record.undoes, system.records);
    return older.ok ? foreignChanges(record, target, [beforeOf(older.value)]) : [older.error];
  }
  const now = surveyOf(record, survey, target);
  return record.volumeGroups.flatMap(({ name, uuid, seqnoAfter }) => {
    const seqno = volumeGroups(now).find((view) => view.ref.uuid === uuid)?.seqnoSeen ?? 0;
    return seqno > seqnoAfter
      ? [
          `volume group ${name} is at generation ${seqno} now, but the interrupted repair wrote none above ${seqnoAfter}: it was changed since`,
        ]
      : [];
  });
}

/** A record's before-image as checksums. */
function beforeOf(record: UndoRecord): Image {
  return record.regions.map(({ id, spans }) => ({ id, spans: spans.map((span) => span.blocks) }));
}

function isHealthy(record: UndoRecord, survey: Survey, target: LiveTarget): boolean {
  const uuids = new Set(record.volumeGroups.map((vg) => vg.uuid));
  const now = imageNow(record, (id) => target.reader(id));
  const isUntouched = [...recordBlocks(record)].every((block) => crcIn(now, block) === crcBefore(block));
  const findings = diagnose(surveyOf(record, survey, target));
  return (
    !isUntouched &&
    !findings.some((finding) => isFault(finding) && uuids.has(finding.volumeGroup?.uuid ?? ''))
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
