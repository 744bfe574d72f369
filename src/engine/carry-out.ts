import type { VgPlan } from '../model/plan.ts';
import type { Survey } from '../model/survey.ts';
import { apply } from './apply.ts';
import type { LiveTarget, Notify, System } from './ports.ts';
import type { RehearsedPlan } from './rehearse.ts';
import type { RepairReport } from './repair.ts';
import { isData } from './spans.ts';
import { resurvey } from './survey/survey.ts';
import { UnreadableBlock } from './undo/blocks.ts';
import { Journal } from './undo/journal.ts';
import {
  crcBefore,
  crcIn,
  imageNow,
  recordBlocks,
  saveForRepair,
  textName,
  type UndoRecord,
} from './undo/record.ts';
import { finish } from './undo/recover.ts';
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
  const regions = survey.disks.flatMap((disk) => disk.regions).filter((region) => ids.has(region.id));
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
    return await applyAll(plans, saved.value, target, survey, system, notify);
  } finally {
    await target.release();
  }
}

async function applyAll(
  plans: readonly RehearsedPlan[],
  undo: UndoRecord,
  target: LiveTarget,
  survey: Survey,
  system: System,
  notify: Notify,
): Promise<Ending> {
  const journal = new Journal(system.records, undo.id, system.clock);
  const { stopRequested } = system;
  const failures: string[] = [];
  let stopped = false;
  /** The volumes could not be put away, for somebody uses them: no failure of the repair. */
  let inUse = false;
  for (const [index, plan] of plans.entries()) {
    notify({ type: 'phase', phase: 'apply', detail: plan.volumeGroup.name });
    const textDir = system.records.folder(undo.id);
    const place = { ...target, pathOf: (id: string) => `${textDir}/${textName(index, id)}` };
    const done = await apply({ target: place, plan, undo, journal, stopRequested }, system.runner, notify);
    if (done.ok && !stopRequested()) continue;
    if (done.ok) failures.push('stopped on request');
    stopped = done.ok || done.error.kind === 'stopped';
    if (!done.ok) {
      failures.push(done.error.message);
      const step = plan.steps[done.error.step];
      inUse = step?.kind === 'lvm' && step.liveOnly;
    }
    break;
  }
  try {
    if (failures.length === 0) {
      notify({ type: 'phase', phase: 'verify', detail: '' });
      const mine = new Set(plans.flatMap((plan) => plan.regionIds));
      const after = resurvey(survey, (id) => (mine.has(id) ? target.reader(id) : null));
      failures.push(
        ...plans.flatMap((plan) => unmet(plan, after)),
        ...plans.flatMap((plan) => touchedData(plan, undo, target)),
      );
    }
    if (failures.length === 0) {
      journal.note('verified');
      finish(undo, target, system, journal);
      return {
        outcome: 'repaired',
        undoRecord: undo,
        repaired: plans.map((plan) => plan.volumeGroup.uuid),
        failures: [],
        halfway: false,
      };
    }
    notify({ type: 'phase', phase: 'roll-back', detail: failures.join('; ') });
    journal.note('rolling-back');
    const restored = restore(undo, system.records, target, notify);
    if (!restored.ok) {
      const all = [...failures, restored.error];
      return { outcome: 'failed', undoRecord: undo, repaired: [], failures: all, halfway: true };
    }
    journal.note('rolled-back');
    if (restored.value.restoredBytes === 0 && !stopped) {
      return untouched(inUse ? 'declined' : 'failed', ...failures);
    }
    return {
      outcome: stopped ? 'cancelled' : 'undone',
      undoRecord: undo,
      repaired: [],
      failures,
      halfway: false,
    };
  } catch (error) {
    if (!(error instanceof UnreadableBlock)) throw error;
    return {
      outcome: 'failed',
      undoRecord: undo,
      repaired: [],
      failures: [...failures, error.message],
      halfway: true,
    };
  }
}

/** Nothing where extents stand may have changed. */
function touchedData(plan: VgPlan, undo: UndoRecord, target: LiveTarget): string[] {
  const now = imageNow(undo, (id) => target.reader(id));
  for (const block of recordBlocks(undo)) {
    if (!plan.regionIds.includes(block.region.id) || crcIn(now, block) === crcBefore(block)) continue;
    const region = { id: block.region.id };
    if (isData(region, plan, block.offsetBytes)) {
      return [`the data of ${region.id} changed at byte ${block.offsetBytes}, where nothing may be written`];
    }
  }
  return [];
}

/** What a plan rests on: labels, headers and committed texts of its regions. */
function fingerprint(survey: Survey, ids: ReadonlySet<string>): string {
  const regions = survey.disks.flatMap((disk) => disk.regions).filter((region) => ids.has(region.id));
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
