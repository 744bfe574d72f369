import type { Finding } from '../model/finding.ts';
import { changesDisks, type Declined, type VgPlan } from '../model/plan.ts';
import { ok, type Result } from '../model/result.ts';
import type { Survey } from '../model/survey.ts';
import { type BootReport, bringUp } from './boot/bring-up.ts';
import { carryOut, type Ending } from './carry-out.ts';
import { isFault } from './diagnose.ts';
import { judge, type Known, look } from './look.ts';
import { type Permission, type Selection, select } from './plan.ts';
import type { Notify, System } from './ports.ts';
import { type PlanRehearsal, type RehearsedPlan, rehearse } from './rehearse.ts';
import { stillHolds } from './still-holds.ts';
import { tryOut } from './try-out.ts';
import type { UndoRecord } from './undo/record.ts';
import { type Recovery, recoverAll } from './undo/recover.ts';

export type Outcome = 'healthy' | 'repaired' | 'declined' | 'failed' | 'undone' | 'cancelled';

export interface RepairReport extends Known {
  readonly outcome: Outcome;
  readonly declined: readonly Declined[];
  readonly rehearsals: readonly PlanRehearsal[];
  /** Interrupted runs that were brought to their end first. */
  readonly recovered: readonly Recovery[];
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
  /** Called when interrupted runs were brought to their end. */
  readonly onRecovered: (runs: readonly Recovery[]) => void;
  /** Called when it is known what is wrong and what can be done: what did not pass a rehearsal is not offered. */
  readonly onPlans: (known: Known) => void;
  readonly onRehearsed: (rehearsed: PlanRehearsal) => void;
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
  if (!done.ok || options.dryRun) return done;
  return ok(await withBoot(done.value, options.permission.policy, system, notify));
}

/** Plans that were rehearsed, with those that fell by the way. */
export interface Rehearsed {
  readonly known: Known;
  readonly rehearsals: readonly PlanRehearsal[];
  readonly declined: readonly Declined[];
}

/** Proves the plans on replicas, where that was not done before. Those whose disks cannot be written are declined, but for a dry run. */
export async function rehearseAll(
  known: Known,
  { plans: selected, declined }: Selection,
  system: System,
  { dryRun, onRehearsed }: Pick<RepairOptions, 'dryRun' | 'onRehearsed'>,
  notify: Notify,
): Promise<Rehearsed> {
  const { survey, findings } = known;
  const { plans, declined: readOnly } = writable(selected.filter(changesDisks), findings, survey, dryRun);
  const rehearsals: PlanRehearsal[] = [];
  for (const plan of plans) {
    const tried = known.tried.find((each) => each.plan === plan);
    const rehearsed = tried ?? { plan, rehearsal: await rehearse(plan, survey, system, notify) };
    onRehearsed(rehearsed);
    rehearsals.push(rehearsed);
  }
  const failed = rehearsals.flatMap((each) => failedRehearsal(each, findings));
  return { known, rehearsals, declined: [...declined, ...readOnly, ...failed] };
}

export const provenPlans = ({ rehearsals }: Pick<Rehearsed, 'rehearsals'>): RehearsedPlan[] =>
  rehearsals.flatMap(({ rehearsal }) => rehearsal.plan ?? []);

/** Carries out what was agreed to, of what was rehearsed. */
export async function finish(
  rehearsed: Rehearsed,
  agreed: readonly RehearsedPlan[],
  system: System,
  notify: Notify,
): Promise<RepairReport> {
  const { known, declined } = rehearsed;
  const ending = await carryOut(agreed, known.survey, system, notify);
  const left = [...declined, ...kept(ending, agreed, known.findings)];
  return { ...reportOf(rehearsed), ...ending, declined: left };
}

/** Activates what boot needs, where there is a boot to go on with and the disks are as they should be, or as they were. */
export async function withBoot(
  report: RepairReport,
  policy: Permission['policy'],
  system: System,
  notify: Notify,
): Promise<RepairReport> {
  const { boot } = system;
  if (boot === null || !BOOTABLE.includes(report.outcome)) return report;
  const up = await bringUp({ ...system, boot }, policy, notify);
  return { ...report, ...activationsIn(report, up), boot: up };
}

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
  const first = look(system, notify);
  if (!first.ok) return first;
  const mayWrite = !options.dryRun && options.permission.policy !== 'report';
  if (!mayWrite) return repairKnown(first.value, system, options, notify);
  const recovered = await recoverAll(first.value.survey, system, notify);
  if (!recovered.ok) return recovered;
  const { runs } = recovered.value;
  if (runs.length > 0) options.onRecovered(runs);
  const known = runs.length > 0 ? judge(recovered.value.survey) : first.value;
  const report = await repairKnown(known, system, options, notify);
  return report.ok ? ok({ ...report.value, recovered: runs, ...completed(report.value, runs) }) : report;
}

async function repairKnown(
  found: Known,
  system: System,
  options: RepairOptions,
  notify: Notify,
): Promise<Result<RepairReport, string>> {
  const known = await tryOut(found, system, notify);
  options.onPlans(known);
  if (!known.findings.some(isFault)) return ok(nothingDone(known));

  const selection = select(known.prospects, known.findings, options.permission);
  const rehearsed = await rehearseAll(known, selection, system, options, notify);
  const proven = provenPlans(rehearsed);
  const report = reportOf(rehearsed);
  if (proven.length === 0 || options.dryRun) return ok({ ...report, outcome: 'declined' });

  const volatile = proven.find((plan) => plan.policy !== 'safe' && system.records.durability === 'volatile');
  if (volatile !== undefined && options.confirm === null) {
    const why = 'the way back would lie in memory only; give a --state-dir on a disk';
    const refused = declinedFor(volatile, known.findings, why);
    return ok({ ...report, outcome: 'declined', declined: [...rehearsed.declined, ...refused] });
  }
  const agreed: RehearsedPlan[] = [];
  for (const plan of proven) {
    if (options.confirm === null || (await options.confirm(plan))) agreed.push(plan);
  }
  if (agreed.length === 0 || system.stopRequested()) return ok({ ...report, outcome: 'cancelled' });
  const holds = options.confirm === null ? ok(undefined) : stillHolds(agreed, system, notify);
  if (!holds.ok) return holds;
  return ok(await finish(rehearsed, agreed, system, notify));
}

/** A run that looked and did nothing. */
const nothingDone = (known: Known): RepairReport => ({
  ...known,
  outcome: 'healthy',
  declined: [],
  rehearsals: [],
  recovered: [],
  undoRecord: null,
  repaired: [],
  failures: [],
  halfway: false,
  boot: null,
});

/** What was rehearsed, and not carried out. */
export const reportOf = ({ known, rehearsals, declined }: Rehearsed): RepairReport => ({
  ...nothingDone(known),
  ...{ rehearsals, declined },
});

/** Where nothing is wrong any more because an interrupted run had done its work, that was the repair. */
function completed(
  { outcome }: RepairReport,
  runs: readonly Recovery[],
): Partial<Pick<RepairReport, 'outcome' | 'undoRecord' | 'repaired'>> {
  const last = runs.at(-1);
  if (outcome !== 'healthy' || last?.ended !== 'completed') return {};
  const { record } = last;
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

/** What a volume group that could not be put away, and so was not touched, is declined for. */
function kept(ending: Ending, plans: readonly VgPlan[], findings: readonly Finding[]): Declined[] {
  if (ending.outcome !== 'declined') return [];
  return plans.flatMap((plan) => declinedFor(plan, findings, ending.failures.join('; ')));
}

function failedRehearsal({ plan, rehearsal }: PlanRehearsal, findings: readonly Finding[]): Declined[] {
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
