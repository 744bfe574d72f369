import type { Finding } from '../model/finding.ts';
import type { Declined, VgPlan } from '../model/plan.ts';
import { err, ok, type Result } from '../model/result.ts';
import type { Survey } from '../model/survey.ts';
import { apply } from './apply.ts';
import { diagnose, isFault } from './diagnose.ts';
import { type Permission, type Prospect, prospects, select } from './plan.ts';
import type { LiveTarget, Notify, System } from './ports.ts';
import { type Rehearsal, type RehearsedPlan, rehearse } from './rehearse.ts';
import { isData } from './spans.ts';
import { survey as readSurvey, resurvey } from './survey/survey.ts';
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
import { finish, interruptedRecord, recover } from './undo/recover.ts';
import { restore } from './undo/restore.ts';
import { unmet } from './verify.ts';

export type Outcome = 'healthy' | 'repaired' | 'declined' | 'failed' | 'undone' | 'cancelled';

export interface RepairReport {
  readonly outcome: Outcome;
  /** Before the repair. */
  readonly findings: readonly Finding[];
  readonly prospects: readonly Prospect[];
  readonly survey: Survey;
  readonly declined: readonly Declined[];
  readonly rehearsals: readonly { readonly plan: VgPlan; readonly rehearsal: Rehearsal }[];
  /** The record of what was written; null when nothing was. */
  readonly undoRecord: UndoRecord | null;
  /** What went wrong, as sentences. */
  readonly failures: readonly string[];
  /** True when a failed repair could not be undone completely. */
  readonly halfway: boolean;
}

export interface RepairOptions {
  readonly permission: Permission;
  readonly dryRun: boolean;
  /** Asked once per plan after its rehearsal; null: nobody is there to ask. */
  readonly confirm: ((plan: RehearsedPlan, rehearsal: Rehearsal) => Promise<boolean>) | null;
  /** Called when the plans are known, before anything is rehearsed. */
  readonly onPlans: (
    report: Pick<RepairReport, 'findings' | 'prospects' | 'survey' | 'declined'> & {
      plans: readonly VgPlan[];
    },
  ) => void;
}

/** The whole way: survey, diagnose, plan, rehearse, save the way back, apply, verify; undone again if that fails. */
export async function repair(
  system: System,
  options: RepairOptions,
  notify: Notify,
): Promise<Result<RepairReport, string>> {
  const first = surveyNow(system, notify);
  if (!first.ok) return first;
  const resumed = options.dryRun ? ok(null) : await endInterrupted(first.value, system, notify);
  if (!resumed.ok) return resumed;
  const fresh = resumed.value === null ? first : surveyNow(system, notify);
  if (!fresh.ok) return fresh;

  const survey = fresh.value;
  const findings = diagnose(survey);
  const open = prospects(survey, findings);
  const selection = select(open, findings, options.permission);
  const base = {
    findings,
    prospects: open,
    survey,
    failures: [],
    halfway: false,
    undoRecord: null,
    rehearsals: [],
  };
  options.onPlans({ ...base, ...selection });
  if (!findings.some(isFault)) {
    const completed = resumed.value?.ended === 'completed' ? resumed.value.record : null;
    return ok({ ...base, outcome: completed ? 'repaired' : 'healthy', declined: [], undoRecord: completed });
  }
  if (selection.plans.length === 0) return ok({ ...base, outcome: 'declined', declined: selection.declined });

  const rehearsals: { plan: VgPlan; rehearsal: Rehearsal }[] = [];
  for (const plan of selection.plans)
    rehearsals.push({ plan, rehearsal: await rehearse(plan, survey, system, notify) });
  const declined = [
    ...selection.declined,
    ...rehearsals.flatMap(({ plan, rehearsal }) => failedRehearsal(plan, rehearsal, findings)),
  ];
  const rehearsed = { ...base, declined, rehearsals };
  if (rehearsals.every(({ rehearsal }) => rehearsal.plan === null) || options.dryRun) {
    return ok({ ...rehearsed, outcome: 'declined' });
  }

  const agreed: RehearsedPlan[] = [];
  for (const { rehearsal } of rehearsals) {
    if (rehearsal.plan === null) continue;
    if (options.confirm === null || (await options.confirm(rehearsal.plan, rehearsal)))
      agreed.push(rehearsal.plan);
  }
  if (agreed.length === 0 || system.stopRequested()) return ok({ ...rehearsed, outcome: 'cancelled' });
  const volatile = agreed.find((plan) => plan.policy !== 'safe' && system.records.durability === 'volatile');
  if (volatile !== undefined && options.confirm === null) {
    const why = 'the way back would lie in memory only; give a --state-dir on a disk';
    return ok({
      ...rehearsed,
      outcome: 'declined',
      declined: [...declined, ...declinedFor(volatile, findings, why)],
    });
  }
  return ok({ ...rehearsed, ...(await carryOut(agreed, survey, system, notify)) });
}

function surveyNow(system: System, notify: Notify): Result<Survey, string> {
  notify({ type: 'phase', phase: 'survey', detail: '' });
  const done = readSurvey(system.source, notify);
  return done.ok ? done : err(`${done.error.path}: ${done.error.message}`);
}

async function endInterrupted(survey: Survey, system: System, notify: Notify) {
  const record = interruptedRecord(survey, system);
  if (record === null) return ok(null);
  const recovered = await recover(record, survey, system, notify);
  return recovered.ok
    ? recovered
    : err(
        `a repair was interrupted (undo record ${record.id}) and cannot be brought to an end: ${recovered.error}`,
      );
}

function failedRehearsal(plan: VgPlan, rehearsal: Rehearsal, findings: readonly Finding[]): Declined[] {
  return rehearsal.plan === null
    ? declinedFor(plan, findings, `the rehearsal did not reach its goal: ${rehearsal.failures.join('; ')}`)
    : [];
}

function declinedFor(plan: VgPlan, findings: readonly Finding[], reason: string): Declined[] {
  return findings
    .filter((finding) => plan.findingIds.includes(finding.id))
    .map((finding) => ({
      volumeGroup: plan.volumeGroup,
      fault: finding.fault,
      findingId: finding.id,
      reason,
    }));
}

type Ending = Pick<RepairReport, 'outcome' | 'undoRecord' | 'failures' | 'halfway'>;
const notBegun = (...failures: string[]): Ending => ({
  outcome: 'failed',
  undoRecord: null,
  failures,
  halfway: false,
});

async function carryOut(
  plans: readonly RehearsedPlan[],
  survey: Survey,
  system: System,
  notify: Notify,
): Promise<Ending> {
  const ids = new Set(plans.flatMap((plan) => plan.regionIds));
  const regions = survey.disks.flatMap((disk) => disk.regions).filter((region) => ids.has(region.id));
  if (system.records.unusable !== null) return notBegun(system.records.unusable);
  const opened = await system.openLive(regions);
  if (!opened.ok) return notBegun(opened.error);
  const target = opened.value;
  try {
    const now = resurvey(survey, (id) => (ids.has(id) ? target.reader(id) : null));
    if (fingerprint(now, ids) !== fingerprint(survey, ids)) {
      return notBegun('the metadata on the disks changed since it was surveyed: run lvmedic again');
    }
    notify({ type: 'phase', phase: 'save-undo', detail: '' });
    const saved = saveForRepair(plans, survey, system.records, (id) => target.reader(id), system.clock());
    if (!saved.ok) return notBegun(`the way back could not be saved, so nothing was changed: ${saved.error}`);
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
  for (const [index, plan] of plans.entries()) {
    notify({ type: 'phase', phase: 'apply', detail: plan.volumeGroup.name });
    const textDir = system.records.folder(undo.id);
    const place = { ...target, pathOf: (id: string) => `${textDir}/${textName(index, id)}` };
    const done = await apply({ target: place, plan, undo, journal, stopRequested }, system.runner, notify);
    if (done.ok) continue;
    stopped = done.error.kind === 'stopped';
    failures.push(done.error.message);
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
      return { outcome: 'repaired', undoRecord: undo, failures: [], halfway: false };
    }
    notify({ type: 'phase', phase: 'roll-back', detail: failures.join('; ') });
    journal.note('rolling-back');
    const restored = restore(undo, system.records, target, notify);
    if (!restored.ok) {
      return { outcome: 'failed', undoRecord: undo, failures: [...failures, restored.error], halfway: true };
    }
    journal.note('rolled-back');
    return { outcome: stopped ? 'cancelled' : 'undone', undoRecord: undo, failures, halfway: false };
  } catch (error) {
    if (!(error instanceof UnreadableBlock)) throw error;
    return { outcome: 'failed', undoRecord: undo, failures: [...failures, error.message], halfway: true };
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
