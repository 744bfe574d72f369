import { EXIT } from '../exit-codes.ts';
import { volumeGroups } from '../faults/volume-group/view.ts';
import { lvmArgv } from '../lvm/command.ts';
import type { Evidence, Finding, Policy, VolumeGroupRef } from '../model/finding.ts';
import type { Step, VgPlan } from '../model/plan.ts';
import { allRegions, type Survey } from '../model/survey.ts';
import { spell } from './apply.ts';
import type { BootReport } from './boot/bring-up.ts';
import { isFault } from './diagnose.ts';
import type { Known } from './look.ts';
import type { RepairReport } from './repair.ts';
import type { Recovery } from './undo/recover.ts';
import type { Undone } from './undo/undo.ts';

/** The last line of `--json`, and what the plain face prints from. docs/json.md describes it. */
export interface DiagnoseResult {
  readonly type: 'result';
  readonly schemaVersion: 1;
  readonly command: string;
  readonly exitStatus: number;
  /** Disks that could not be opened. */
  readonly unread: Survey['unread'];
  readonly volumeGroups: readonly (VolumeGroupRef & { readonly healthy: boolean })[];
  readonly findings: readonly FindingResult[];
}

export interface FindingResult {
  readonly id: string;
  readonly fault: string;
  readonly volumeGroup: VolumeGroupRef | null;
  readonly devices: readonly string[];
  readonly severity: Finding['severity'];
  readonly summary: string;
  readonly explainedBy: string | null;
  readonly evidence: readonly Evidence[];
  readonly remedies: readonly RemedyResult[];
  /** Why nothing safe can be done; null when something can. */
  readonly declinedReason: string | null;
}

export interface RemedyResult {
  readonly id: string;
  readonly policy: Policy;
  readonly title: string;
  readonly caveats: readonly string[];
  readonly losses: readonly string[];
  readonly steps: readonly StepResult[];
  /** How it was rehearsed, and passed; null when it was not rehearsed yet. */
  readonly rehearsal: { readonly kind: 'replica' | 'model'; readonly passed: true } | null;
}

export type StepResult =
  | { readonly argv: readonly string[]; readonly why: string }
  | {
      readonly write: { readonly device: string; readonly offsetBytes: number; readonly lengthBytes: number };
      readonly why: string;
    };

export interface RepairResult extends DiagnoseResult {
  readonly outcome: RepairReport['outcome'];
  readonly dryRun: boolean;
  readonly rehearsal: { readonly kind: 'replica' | 'model'; readonly passed: boolean } | null;
  /** Interrupted runs that were brought to their end first; the disks were written to where one was rolled back. */
  readonly recovered: readonly { readonly record: string; readonly ended: Recovery['ended'] }[];
  readonly undoRecord: {
    readonly id: string;
    readonly path: string;
    readonly durability: 'stable' | 'volatile';
  } | null;
  readonly declined: readonly { readonly fault: string; readonly reason: string }[];
  /** Volumes that boot needs and that were activated, whole; only in an initramfs. */
  readonly activated: readonly string[];
  /** What boot waits for at the end; null outside of an initramfs. */
  readonly boot: BootReport | null;
  readonly failures: readonly string[];
}

export interface UndoResult {
  readonly type: 'result';
  readonly schemaVersion: 1;
  readonly command: 'undo';
  readonly exitStatus: number;
  readonly restoredBytes: number;
  readonly devices: readonly string[];
  readonly record: string | null;
  readonly undoRecord: string | null;
  readonly error: string | null;
}

export function diagnoseResult(known: Known): DiagnoseResult {
  const { survey, findings } = known;
  return {
    type: 'result',
    schemaVersion: 1,
    command: 'diagnose',
    exitStatus: findings.some(isFault) ? EXIT.faultsLeft : EXIT.nothingWrong,
    unread: survey.unread,
    volumeGroups: volumeGroups(survey).map((view) => ({
      ...view.ref,
      healthy: !findings.some((finding) => isFault(finding) && finding.volumeGroup?.uuid === view.ref.uuid),
    })),
    findings: findings.map((finding) => findingResult(finding, known)),
  };
}

function findingResult(finding: Finding, { prospects, survey, tried }: Known): FindingResult {
  const { id, fault, volumeGroup, devices, severity, summary, explainedBy, evidence } = finding;
  const plans = prospects.flatMap((each) => each.plans).filter((plan) => plan.findingIds.includes(id));
  const declined = prospects.flatMap((each) => each.declined).find((each) => each.findingId === id);
  return {
    ...{ id, fault, volumeGroup, devices, severity, summary, explainedBy, evidence },
    remedies: plans.map((plan) => remedyResult(plan, survey, tried)),
    declinedReason: declined?.reason ?? null,
  };
}

/** @param tried rehearsals that passed, this plan's perhaps among them */
export function remedyResult(plan: VgPlan, survey: Survey, tried: Known['tried']): RemedyResult {
  const { remedyId: id, policy, title, caveats, losses } = plan;
  const kind = tried.find((each) => each.plan === plan)?.rehearsal.kind;
  return {
    ...{ id, policy, title, caveats, losses },
    steps: plan.steps.map((step) => stepResult(step, survey)),
    rehearsal: kind === undefined ? null : { kind, passed: true },
  };
}

/** A step as it would run on the disks themselves; a text that does not exist yet stands in angle brackets. */
function stepResult(step: Step, survey: Survey): StepResult {
  const regions = allRegions(survey);
  const nodeOf = (id: string) => regions.find((region) => region.id === id)?.node ?? id;
  const { why } = step;
  if (step.kind === 'write') {
    const region = regions.find((each) => each.id === step.regionId);
    const offsetBytes = (region?.startBytes ?? 0) + step.offsetBytes;
    return {
      write: { device: region?.device ?? step.regionId, offsetBytes, lengthBytes: step.bytes.length },
      why,
    };
  }
  const { machine } = survey;
  const words = step.words.map((word) => spell(word, { nodeOf, pathOf: (id) => `<${id}>` }));
  const argv = lvmArgv(words, {
    lvmPath: machine.lvm?.path ?? 'lvm',
    version: machine.lvm?.version ?? '2.03.16',
    nodes: step.regionIds.map(nodeOf),
    deviceMapper: machine.deviceMapper,
    keepsBackups: !machine.targetsGiven,
    lockDir: null,
    withoutLocks: false,
  });
  return { argv, why };
}

export function repairResult(
  report: RepairReport,
  dryRun: boolean,
  place: { readonly folder: (id: string) => string; readonly durability: 'stable' | 'volatile' },
): RepairResult {
  const { undoRecord } = report;
  // Where none passed, none is left to choose.
  const rehearsals =
    report.rehearsals.length > 0
      ? report.rehearsals
      : report.tried.filter(({ rehearsal }) => rehearsal.plan === null);
  const record = undoRecord && {
    id: undoRecord.id,
    path: place.folder(undoRecord.id),
    durability: place.durability,
  };
  const [first] = rehearsals;
  const diagnosed = diagnoseResult(report);
  const repaired = new Set(report.repaired);
  return {
    ...diagnosed,
    volumeGroups: diagnosed.volumeGroups.map((vg) => ({
      ...vg,
      healthy: vg.healthy || repaired.has(vg.uuid),
    })),
    command: 'repair',
    exitStatus: exitStatusOf(report),
    outcome: report.outcome,
    dryRun,
    rehearsal: first
      ? {
          kind: rehearsals.every((each) => each.rehearsal.kind === 'replica') ? 'replica' : 'model',
          passed: rehearsals.every((each) => each.rehearsal.plan !== null),
        }
      : null,
    recovered: report.recovered.map(({ record: { id }, ended }) => ({ record: id, ended })),
    undoRecord: record,
    declined: report.declined.map(({ fault, reason }) => ({ fault, reason })),
    activated: report.boot?.activated ?? [],
    boot: report.boot,
    failures: report.failures,
  };
}

function exitStatusOf(report: RepairReport): number {
  if (report.halfway) return EXIT.halfway;
  switch (report.outcome) {
    case 'healthy':
      return EXIT.nothingWrong;
    case 'repaired':
      return EXIT.repaired + (report.declined.length + report.failures.length > 0 ? EXIT.faultsLeft : 0);
    case 'declined':
      return EXIT.faultsLeft;
    case 'failed':
    case 'undone':
      return EXIT.operationalError + EXIT.faultsLeft;
    case 'cancelled':
      return EXIT.cancelled + EXIT.faultsLeft;
  }
}

export function undoResult(undone: Undone): UndoResult {
  return {
    ...emptyUndo(EXIT.nothingWrong, null),
    restoredBytes: undone.restoredBytes,
    devices: undone.devices,
    record: undone.record.id,
    undoRecord: undone.undoRecord?.id ?? null,
  };
}

export function undoFailed(exitStatus: number, error: string): UndoResult {
  return emptyUndo(exitStatus, error);
}

function emptyUndo(exitStatus: number, error: string | null): UndoResult {
  return {
    ...({ type: 'result', schemaVersion: 1, command: 'undo' } as const),
    ...{ exitStatus, error, restoredBytes: 0, devices: [], record: null, undoRecord: null },
  };
}
