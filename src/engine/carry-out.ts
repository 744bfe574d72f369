import { allRegions, type Survey } from '../model/survey.ts';
import { apply } from './apply.ts';
import { staleViews } from './lvm-daemon.ts';
import type { LiveTarget, Notify, System } from './ports.ts';
import type { RehearsedPlan } from './rehearse.ts';
import type { RepairReport } from './repair.ts';
import { resurvey } from './survey/survey.ts';
import { ioMessage } from './undo/io-error.ts';
import { Journal } from './undo/journal.ts';
import { writeEnd } from './undo/play-back.ts';
import { changedDataBlock, imageNow, saveForRepair, textName, type UndoRecord } from './undo/record.ts';
import { restore } from './undo/restore.ts';
import { unmet } from './verify.ts';

/** How carrying plans out ended. */
export type Ending = Pick<RepairReport, 'outcome' | 'undoRecord' | 'repaired' | 'failures' | 'halfway'>;

/** Nothing was written: `failed` where something broke, `declined` where the disks were not to be had. */
const untouched = (outcome: 'failed' | 'declined', ...failures: string[]): Ending => ({
  ...{ outcome, undoRecord: null, repaired: [], failures, halfway: false },
});

/** Saves the way back, applies rehearsed plans to the disks, verifies; puts every byte back if that fails. */
export async function carryOut(
  plans: readonly RehearsedPlan[],
  survey: Survey,
  system: System,
  notify: Notify,
): Promise<Ending> {
  const ids = new Set(plans.flatMap((plan) => plan.regionIds));
  const regions = allRegions(survey).filter((region) => ids.has(region.id));
  if (system.records.unusable !== null) return untouched('failed', system.records.unusable);
  const opened = await system.openLive(regions);
  if (!opened.ok) return untouched('failed', opened.error);
  const target = opened.value;
  try {
    const now = resurvey(survey, (id) => (ids.has(id) ? target.reader(id) : null));
    if (fingerprint(now, ids) !== fingerprint(survey, ids)) {
      return untouched(
        'failed',
        'the metadata on the disks changed since it was surveyed: run lvmedic again',
      );
    }
    notify({ type: 'phase', phase: 'save-undo', detail: '' });
    const saved = saveForRepair(plans, survey, system.records, (id) => target.reader(id), system.clock());
    if (!saved.ok)
      return untouched('failed', `the way back could not be saved, so nothing was changed: ${saved.error}`);
    const journal = new Journal(system.records, saved.value.id, system.clock);
    return await attemptAndKeep({ plans, undo: saved.value, journal, target, survey, system, notify });
  } finally {
    await target.release();
  }
}

/** What a repair of live disks works with once its record is saved. */
interface Work {
  readonly plans: readonly RehearsedPlan[];
  readonly undo: UndoRecord;
  readonly journal: Journal;
  readonly target: LiveTarget;
  readonly survey: Survey;
  readonly system: System;
  readonly notify: Notify;
}

/** Why an attempt did not reach its goal; no failures when it did. */
interface Attempt {
  readonly failures: readonly string[];
  readonly stopped: boolean;
  /** The volumes could not be put away, for somebody uses them: no failure of the repair. */
  readonly inUse: boolean;
}

const failed = (...failures: string[]): Attempt => ({ failures, stopped: false, inUse: false });

async function attemptAndKeep(work: Work): Promise<Ending> {
  const attempt = await attemptAll(work);
  if (attempt.failures.length > 0) return rollBack(attempt, work);
  const { plans, undo, target, system, notify } = work;
  const repaired = plans.map((plan) => plan.volumeGroup.uuid);
  const failures = await staleViews(plans, target, system.runner, notify);
  return { outcome: 'repaired', undoRecord: undo, repaired, failures, halfway: false };
}

/** Applies, verifies and writes down the end. A disk or record that can no longer be read or written fails it. */
async function attemptAll(work: Work): Promise<Attempt> {
  const { plans, undo, journal, target, system, notify } = work;
  try {
    for (const [index, plan] of plans.entries()) {
      const applied = await applyOne(plan, index, work);
      if (applied.failures.length > 0) return applied;
    }
    notify({ type: 'phase', phase: 'verify', detail: '' });
    await target.forgetCached();
    const mine = new Set(plans.flatMap((plan) => plan.regionIds));
    const after = resurvey(work.survey, (id) => (mine.has(id) ? target.reader(id) : null));
    const failures = [...plans.flatMap((plan) => unmet(plan, after)), ...touchedData(undo, target)];
    if (failures.length > 0) return failed(...failures);
    journal.note('verified');
    writeEnd(undo, target, system, journal);
    return failed();
  } catch (error) {
    return failed(ioMessage(error));
  }
}

async function applyOne(plan: RehearsedPlan, index: number, work: Work): Promise<Attempt> {
  const { undo, journal, target, system, notify } = work;
  const { stopRequested } = system;
  notify({ type: 'phase', phase: 'apply', detail: plan.volumeGroup.name });
  const textDir = system.records.folder(undo.id);
  const place = { ...target, pathOf: (id: string) => `${textDir}/${textName(index, id)}` };
  const done = await apply({ target: place, plan, undo, journal, stopRequested }, system.runner, notify);
  if (done.ok) {
    return stopRequested() ? { failures: ['stopped on request'], stopped: true, inUse: false } : failed();
  }
  const { kind, step: number, message } = done.error;
  const step = plan.steps[number];
  return { failures: [message], stopped: kind === 'stopped', inUse: step?.kind === 'lvm' && step.liveOnly };
}

/** Puts every byte back. The journal may be beyond reach by now; the bytes come first. */
async function rollBack({ failures, stopped, inUse }: Attempt, work: Work): Promise<Ending> {
  const { undo, journal, target, system, notify } = work;
  const halfway = (message: string): Ending => ({
    ...{ outcome: 'failed', undoRecord: undo, repaired: [], halfway: true },
    failures: [...failures, message],
  });
  notify({ type: 'phase', phase: 'roll-back', detail: failures.join('; ') });
  try {
    noteIfPossible(journal, 'rolling-back');
    const restored = await restore(undo, system.records, target, notify);
    if (!restored.ok) return halfway(restored.error);
    noteIfPossible(journal, 'rolled-back');
    if (inUse && restored.value.restoredBytes === 0) return untouched('declined', ...failures);
    const outcome = stopped ? 'cancelled' : 'undone';
    return { outcome, undoRecord: undo, repaired: [], failures, halfway: false };
  } catch (error) {
    return halfway(ioMessage(error));
  }
}

function noteIfPossible(journal: Journal, event: 'rolling-back' | 'rolled-back'): void {
  try {
    journal.note(event);
  } catch (error) {
    ioMessage(error);
  }
}

/** Nothing where extents stand may have changed. */
function touchedData(undo: UndoRecord, target: LiveTarget): string[] {
  const block = changedDataBlock(
    undo,
    imageNow(undo, (id) => target.reader(id)),
  );
  return block === null
    ? []
    : [`the data of ${block.region.id} changed at byte ${block.offsetBytes}, where nothing may be written`];
}

/** What a plan rests on: labels, headers and committed texts of its regions. */
function fingerprint(survey: Survey, ids: ReadonlySet<string>): string {
  const regions = allRegions(survey).filter((region) => ids.has(region.id));
  return JSON.stringify(
    regions.map(({ id, pv }) => ({
      id,
      labels: pv.labels.map(({ sector, good, crcStored }) => ({ sector, good, crcStored })),
      uuid: pv.header?.uuid,
      areas: pv.metadataAreas.map((area) => ({
        at: area.offsetBytes,
        good: area.headerGood,
        slots: area.slots,
        digest: area.committed?.text?.digest,
        crc: area.committed?.crcComputed,
      })),
    })),
  );
}
