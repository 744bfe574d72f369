import { bootState } from '../engine/boot/bring-up.ts';
import { diagnose, isFault } from '../engine/diagnose.ts';
import { type Prospect, prospects } from '../engine/plan.ts';
import { type DiagnoseResult, diagnoseResult } from '../engine/results.ts';
import { survey as readSurvey } from '../engine/survey/survey.ts';
import { EXIT } from '../exit-codes.ts';
import {
  brief,
  continueOffer,
  NOTHING_FOR_LVMEDIC,
  offerChoices,
  SHELL_OPENS,
} from '../faces/boot-wording.ts';
import type { Questions } from '../faces/face.ts';
import { Cancelled } from '../faces/prompts/confirm.ts';
import { diagnosis } from '../faces/wording.ts';
import type { Policy } from '../model/finding.ts';
import { lastValue } from '../model/kernel-command-line.ts';
import { changesDisks } from '../model/plan.ts';
import type { Survey } from '../model/survey.ts';
import type { Context } from './command.ts';
import { firstLook, hasImages } from './diagnose.ts';
import { runRepair } from './repairing.ts';
import { type BootingSystem, bootPolicy } from './unattended-boot.ts';

const TIMEOUT_SECONDS = 60;

/** What is known before the emergency shell opens. */
interface Known {
  readonly survey: Survey;
  readonly result: DiagnoseResult;
  readonly can: { readonly canRepair: boolean; readonly canActivate: boolean; readonly lacksDisks: boolean };
}

/**
 * Before the emergency shell opens: a few lines on what is wrong, and the choice to repair, to look closer, or to have
 * the shell. Where LVM keeps nothing from booting, one line and no wait.
 */
export async function offer(context: Context, system: BootingSystem): Promise<number> {
  const { face } = context;
  const policy = bootPolicy(context, system);
  if (!policy.ok) {
    face.error(policy.error, EXIT.usage);
    return EXIT.usage;
  }
  const read = readSurvey(system.source, () => {});
  if (!read.ok) {
    face.error(`${read.error.path} ${read.error.message}`, EXIT.operationalError);
    return EXIT.operationalError;
  }
  const survey = read.value;
  const findings = diagnose(survey);
  const open = prospects(survey, findings);
  const known = { survey, result: diagnoseResult(survey, findings, open), can: canDo(survey, open) };
  const waiting = bootState(survey).needs.filter((need) => need.state !== 'active');
  const isOurs = waiting.some((need) => need.required) && findings.some(isFault);
  face.say(isOurs ? brief(known.result, waiting) : [NOTHING_FOR_LVMEDIC]);
  face.result({ ...known.result, command: 'boot' });
  if (!isOurs || face.questions === null) return known.result.exitStatus;
  try {
    return await ask(known, policy.value, { context, system, questions: face.questions });
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    face.say([SHELL_OPENS]);
    return EXIT.cancelled;
  }
}

/** What can be offered to get this boot on. */
function canDo(survey: Survey, open: readonly Prospect[]): Known['can'] {
  const { needs, incompleteGroups } = bootState(survey);
  const waiting = needs.filter((need) => need.required && need.state !== 'active');
  const groups = new Set(waiting.map(({ name }) => name.split('/')[0]));
  const plans = open.flatMap((each) => each.plans).filter(({ policy }) => policy === 'safe');
  return {
    canRepair: plans.some((plan) => changesDisks(plan) && groups.has(plan.volumeGroup.name)),
    canActivate: waiting.some((need) => need.state === 'whole'),
    lacksDisks: incompleteGroups.some((name) => groups.has(name)),
  };
}

/** Who asks, and what is there to act on. */
interface Desk {
  readonly context: Context;
  readonly system: BootingSystem;
  readonly questions: Questions;
}

async function ask({ result, survey, can }: Known, policy: Policy, desk: Desk): Promise<number> {
  const { questions, system } = desk;
  const { face } = desk.context;
  for (let timeoutSeconds: number | null = timeoutOf(system); ; timeoutSeconds = null) {
    const picked = await questions.choose(offerChoices(can, timeoutSeconds));
    if (picked === 'look') face.say(diagnosis(result, firstLook(survey), hasImages(survey)));
    else if (picked === 'repair') return repairNow(policy, desk);
    else if (picked === 'degraded') return repairNow('degraded', desk);
    else {
      face.say([SHELL_OPENS]);
      return result.exitStatus;
    }
  }
}

async function repairNow(policy: Policy, { context, system, questions }: Desk): Promise<number> {
  const { face } = context;
  const done = await runRepair(context, system, {
    permission: { policy, remedy: null },
    dryRun: false,
    questions,
    showDiagnosis: false,
  });
  if (!done.ok) {
    face.error(done.error, EXIT.operationalError);
    return EXIT.operationalError;
  }
  const result = done.value;
  // After something was done, boot goes on unless the person wants to look around first.
  const goesOn = result.boot?.goesOn && (await questions.choose(continueOffer(TIMEOUT_SECONDS))) !== 'shell';
  if (goesOn) system.boot.goOn();
  else face.say([SHELL_OPENS]);
  return result.exitStatus;
}

function timeoutOf({ boot }: BootingSystem): number {
  const seconds = Number(lastValue(boot.kernelCommandLine, 'rd.lvmedic.timeout') || TIMEOUT_SECONDS);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 24 * 3600) : TIMEOUT_SECONDS;
}
