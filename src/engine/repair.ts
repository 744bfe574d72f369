import type { Finding } from '../model/finding.ts';
import { changesDisks, type Declined, type VgPlan } from '../model/plan.ts';
import { err, ok, type Result } from '../model/result.ts';
import type { Survey } from '../model/survey.ts';
import { type BootReport, bringUp } from './boot/bring-up.ts';
import { carryOut, type Ending } from './carry-out.ts';
import { diagnose, isFault } from './diagnose.ts';
import { type Permission, type Prospect, prospects, select } from './plan.ts';
import type { Notify, System } from './ports.ts';
import { type Rehearsal, type RehearsedPlan, rehearse } from './rehearse.ts';
import { survey as readSurvey } from './survey/survey.ts';
import type { UndoRecord } from './undo/record.ts';
import { interruptedRecord, type Recovery, recover } from './undo/recover.ts';

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
  /** Ids of the volume groups that are in order now and were not before. */
  readonly repaired: readonly string[];
  /** What went wrong, as sentences. */
  readonly failures: readonly string[];
  /** True when a failed repair could not be undone completely. */
  readonly halfway: boolean;
  /** What boot waits for at the end; null outside of an initramfs. */
  readonly boot: BootReport | null;
}

export interface RepairOptions {
  readonly permission: Permission;
  readonly dryRun: boolean;
  /** Asked once per plan after its rehearsal; null: nobody is there to ask. */
  readonly confirm: ((plan: RehearsedPlan) => Promise<boolean>) | null;
  /** Called when it is known what is wrong and what can be done, before anything is rehearsed. */
  readonly onPlans: (known: Pick<RepairReport, 'findings' | 'prospects' | 'survey'>) => void;
  readonly onRehearsed: (plan: VgPlan, rehearsal: Rehearsal) => void;
}

/**
 * The whole way: survey, diagnose, plan, rehearse, save the way back, apply, verify; undone again if that fails. In an
 * initramfs what boot needs is activated after it.
 */
export async function repair(
  system: System,
  options: RepairOptions,
  notify: Notify,
): Promise<Result<RepairReport, string>> {
  const done = await repairGroups(system, options, notify);
  const { boot } = system;
  if (!done.ok || boot === null || options.dryRun || !BOOTABLE.includes(done.value.outcome)) return done;
  const up = await bringUp({ ...system, boot }, options.permission.policy, notify);
  return ok({ ...done.value, ...activationsIn(done.value, up), boot: up });
}

/** After these the disks are as they should be, or as they were: what is whole may come up. */
const BOOTABLE: readonly Outcome[] = ['healthy', 'repaired', 'declined'];

/** Where activation was all that there was to do, it decides how the repair ended. */
function activationsIn(
  { outcome, declined, findings }: RepairReport,
  up: BootReport,
): Partial<Pick<RepairReport, 'outcome' | 'repaired' | 'failures'>> {
  const open = findings.filter((finding) => isFault(finding) && finding.explainedBy === null);
  if (outcome !== 'declined' || declined.length > 0 || open.length === 0) return {};
  if (up.failures.length > 0 || up.activated.length === 0) return { failures: up.failures };
  return { outcome: 'repaired', repaired: open.flatMap(({ volumeGroup }) => volumeGroup?.uuid ?? []) };
}

async function repairGroups(
  system: System,
  options: RepairOptions,
  notify: Notify,
): Promise<Result<RepairReport, string>> {
  const first = surveyNow(system, notify);
  if (!first.ok) return first;
  const mayWrite = !options.dryRun && options.permission.policy !== 'report';
  const resumed = !mayWrite ? ok(null) : await endInterrupted(first.value, system, notify);
  if (!resumed.ok) return resumed;
  const fresh = resumed.value === null ? first : surveyNow(system, notify);
  if (!fresh.ok) return fresh;

  const survey = fresh.value;
  const findings = diagnose(survey);
  const open = prospects(survey, findings);
  const base = { ...NOTHING_DONE, findings, prospects: open, survey };
  options.onPlans(base);
  if (!findings.some(isFault)) return ok({ ...base, ...completed(resumed.value) });

  const selection = select(open, findings, options.permission);
  const changing = selection.plans.filter(changesDisks);
  const { plans, declined: readOnly } = writable(changing, findings, survey, options.dryRun);
  const rehearsals = await rehearseAll(plans, survey, system, options, notify);
  const declined = [
    ...selection.declined,
    ...readOnly,
    ...rehearsals.flatMap(({ plan, rehearsal }) => failedRehearsal(plan, rehearsal, findings)),
  ];
  const rehearsed = { ...base, declined, rehearsals };
  const proven = rehearsals.flatMap(({ rehearsal }) => rehearsal.plan ?? []);
  if (proven.length === 0 || options.dryRun) return ok({ ...rehearsed, outcome: 'declined' });

  const volatile = proven.find((plan) => plan.policy !== 'safe' && system.records.durability === 'volatile');
  if (volatile !== undefined && options.confirm === null) {
    const why = 'the way back would lie in memory only; give a --state-dir on a disk';
    const refused = declinedFor(volatile, findings, why);
    return ok({ ...rehearsed, outcome: 'declined', declined: [...declined, ...refused] });
  }
  const agreed: RehearsedPlan[] = [];
  for (const plan of proven) {
    if (options.confirm === null || (await options.confirm(plan))) agreed.push(plan);
  }
  if (agreed.length === 0 || system.stopRequested()) return ok({ ...rehearsed, outcome: 'cancelled' });
  const ending = await carryOut(agreed, survey, system, notify);
  return ok({ ...rehearsed, ...ending, declined: [...declined, ...kept(ending, agreed, findings)] });
}

const NOTHING_DONE = {
  outcome: 'healthy',
  declined: [],
  rehearsals: [],
  undoRecord: null,
  repaired: [],
  failures: [],
  halfway: false,
  boot: null,
} satisfies Partial<RepairReport>;

/** Nothing is wrong: because it never was, or because an interrupted run had done its work. */
function completed(resumed: Recovery | null): Pick<RepairReport, 'outcome' | 'undoRecord' | 'repaired'> {
  if (resumed?.ended !== 'completed') return { outcome: 'healthy', undoRecord: null, repaired: [] };
  const { record } = resumed;
  return { outcome: 'repaired', undoRecord: record, repaired: record.volumeGroups.map((vg) => vg.uuid) };
}

/** Plans whose disks can be written; a dry run needs no more than reading. */
function writable(
  plans: readonly VgPlan[],
  findings: readonly Finding[],
  survey: Survey,
  dryRun: boolean,
): { plans: readonly VgPlan[]; declined: readonly Declined[] } {
  const readOnly = (plan: VgPlan) =>
    survey.disks.filter(
      (disk) => disk.readOnly && disk.regions.some((region) => plan.regionIds.includes(region.id)),
    );
  const refused = dryRun ? [] : plans.filter((plan) => readOnly(plan).length > 0);
  return {
    plans: plans.filter((plan) => !refused.includes(plan)),
    declined: refused.flatMap((plan) => {
      const paths = readOnly(plan).map((disk) => disk.path);
      return declinedFor(
        plan,
        findings,
        `${paths.join(', ')} is read-only: make it writable, or work on a copy`,
      );
    }),
  };
}

async function rehearseAll(
  plans: readonly VgPlan[],
  survey: Survey,
  system: System,
  options: RepairOptions,
  notify: Notify,
): Promise<{ plan: VgPlan; rehearsal: Rehearsal }[]> {
  const rehearsals: { plan: VgPlan; rehearsal: Rehearsal }[] = [];
  for (const plan of plans) {
    const rehearsal = await rehearse(plan, survey, system, notify);
    options.onRehearsed(plan, rehearsal);
    rehearsals.push({ plan, rehearsal });
  }
  return rehearsals;
}

/** What a volume group that could not be put away, and so was not touched, is declined for. */
function kept(ending: Ending, plans: readonly VgPlan[], findings: readonly Finding[]): Declined[] {
  if (ending.outcome !== 'declined') return [];
  return plans.flatMap((plan) => declinedFor(plan, findings, ending.failures.join('; ')));
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
