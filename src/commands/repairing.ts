import type { Permission } from '../engine/plan.ts';
import { type RepairReport, repair } from '../engine/repair.ts';
import { diagnoseResult, type RepairResult, repairResult } from '../engine/results.ts';
import { bootLines, bootSummary } from '../faces/boot-wording.ts';
import type { Face, Questions } from '../faces/face.ts';
import { recoveredRun } from '../faces/guided/wording.ts';
import { Cancelled } from '../faces/prompts/cancelled.ts';
import {
  caveatLines,
  confirmRepair,
  diagnosis,
  lossLines,
  rehearsalLines,
  repairSummary,
  toDo,
  wayBackLine,
} from '../faces/wording.ts';
import { ok, type Result } from '../model/result.ts';
import type { Context, OpenSystem } from './command.ts';
import { firstLook, hasImages } from './diagnose.ts';

/** How a repair is run: by the command of that name, by the offer before the emergency shell, or by nobody. */
export interface Manner {
  readonly permission: Permission;
  readonly dryRun: boolean;
  /** Who is asked before anything is written; null: nobody is. */
  readonly questions: Questions | null;
  /** False where it has been shown already. */
  readonly showDiagnosis: boolean;
}

/** Runs the engine's repair and tells people about it; the result line is left to the command. */
export async function runRepair(
  { face }: Pick<Context, 'face'>,
  system: OpenSystem,
  { permission, dryRun, questions, showDiagnosis }: Manner,
): Promise<Result<RepairResult, string>> {
  let isUnchanged = true;
  const report = await repair(
    system,
    {
      permission,
      dryRun,
      onRecovered: (runs) => {
        isUnchanged = false;
        face.say(runs.map(recoveredRun));
      },
      onPlans: (known) => {
        const { survey } = known;
        if (showDiagnosis) face.say(diagnosis(diagnoseResult(known), firstLook(survey), hasImages(survey)));
      },
      onRehearsed: (rehearsed) => face.say(rehearsalLines(rehearsed)),
      confirm:
        questions &&
        ((plan) => {
          face.say([
            '',
            toDo(plan),
            ...caveatLines(plan.caveats),
            ...lossLines(plan.losses),
            wayBackLine(system.records.durability, system.stateDir),
          ]);
          return questions.confirm(confirmRepair(plan.volumeGroup.name));
        }),
    },
    face.notify,
  ).catch((error: unknown) => {
    throw error instanceof Cancelled ? new Cancelled(isUnchanged) : error;
  });
  return report.ok ? ok(conclude(report.value, dryRun, system, face)) : report;
}

/** Tells how a repair ended: here, and to the running system if it was on the way to one. */
export function conclude(
  report: RepairReport,
  dryRun: boolean,
  system: OpenSystem,
  face: Pick<Face, 'say'>,
): RepairResult {
  const { folder, durability } = system.records;
  const result = repairResult(report, dryRun, { folder, durability });
  face.say(repairSummary(result));
  if (result.boot !== null) face.say(bootLines(result.boot));
  if (isWorthTelling(result)) system.boot?.leaveSummary(bootSummary(result));
  return result;
}

/** The running system is told what was done to get it there, or that nothing could be. */
function isWorthTelling({ outcome, boot, dryRun }: RepairResult): boolean {
  if (dryRun) return false;
  return (
    outcome !== 'healthy' || (boot?.activated ?? []).length > 0 || (boot?.missingMounts ?? []).length > 0
  );
}
