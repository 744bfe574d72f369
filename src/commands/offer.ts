import { awaited } from '../engine/boot/bring-up.ts';
import { isFault } from '../engine/diagnose.ts';
import { type Known, look } from '../engine/look.ts';
import { type DiagnoseResult, diagnoseResult } from '../engine/results.ts';
import { EXIT } from '../exit-codes.ts';
import {
  brief,
  continueOffer,
  NOTHING_FOR_LVMEDIC,
  offerChoices,
  SHELL_OPENS,
} from '../faces/boot-wording.ts';
import type { Guide, Questions } from '../faces/face.ts';
import { Cancelled } from '../faces/prompts/cancelled.ts';
import type { Policy } from '../model/finding.ts';
import { lastValue } from '../model/kernel-command-line.ts';
import { ok } from '../model/result.ts';
import { awaitedGroups, choicesOf } from '../session/choices.ts';
import type { Context } from './command.ts';
import { guided } from './guided.ts';
import { runRepair } from './repairing.ts';
import { type BootingSystem, bootPolicy } from './unattended-boot.ts';

const TIMEOUT_SECONDS = 60;

/** What is known before the emergency shell opens. */
interface Offered {
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
  const looked = look(system, () => {});
  if (!looked.ok) {
    face.error(looked.error, EXIT.operationalError);
    return EXIT.operationalError;
  }
  const { survey, findings } = looked.value;
  const offered = { result: diagnoseResult(looked.value), can: canDo(looked.value, policy.value) };
  const waiting = awaited(survey);
  const isOurs = waiting.length > 0 && findings.some(isFault);
  face.say(isOurs ? brief(offered.result, waiting) : [NOTHING_FOR_LVMEDIC]);
  const { questions } = face;
  if (!isOurs || questions === null) return nothingDone(offered, face);
  try {
    return await ask(offered, policy.value, { context, system, questions });
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    face.say([SHELL_OPENS]);
    return EXIT.cancelled;
  }
}

/** What can be offered to get this boot on. */
function canDo(known: Known, policy: Policy): Offered['can'] {
  if (policy === 'report') return { canRepair: false, canActivate: false, lacksDisks: false };
  const choices = choicesOf(known, false, true);
  const groups = awaitedGroups(known.survey);
  const repairs = choices.flatMap((choice) => (choice.kind === 'repair' ? choice.plans : []));
  return {
    canRepair: repairs.some(({ policy, volumeGroup }) => policy === 'safe' && groups.has(volumeGroup.name)),
    canActivate: choices.some(({ kind }) => kind === 'activate'),
    lacksDisks: choices.some(({ kind }) => kind === 'degraded'),
  };
}

/** Who asks, and what is there to act on. */
interface Desk {
  readonly context: Context;
  readonly system: BootingSystem;
  readonly questions: Questions;
}

async function ask(offered: Offered, policy: Policy, desk: Desk): Promise<number> {
  const { questions, system, context } = desk;
  const { face } = context;
  const picked = await questions.choose(offerChoices(offered.can, timeoutOf(system)));
  if (picked === 'look' && face.guide !== null) return lookCloser(face.guide, desk);
  if (picked === 'repair') return repairNow(policy, desk);
  if (picked === 'degraded') return repairNow('degraded', desk);
  face.say([SHELL_OPENS]);
  return nothingDone(offered, face);
}

function nothingDone({ result }: Offered, face: Context['face']): number {
  face.result({ ...result, command: 'boot' });
  return result.exitStatus;
}

async function lookCloser(guide: Guide, { context, system }: Desk): Promise<number> {
  // The lock is ours already.
  const held = () => ok({ release: () => {} });
  const { exitStatus, bootGoesOn } = await guided(
    { ...context, lock: held },
    Promise.resolve(ok(system)),
    guide,
  );
  if (bootGoesOn) system.boot.goOn();
  else context.face.say([SHELL_OPENS]);
  return exitStatus;
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
  const goesOn =
    result.boot?.goesOn &&
    (await questions.choose(continueOffer(TIMEOUT_SECONDS)).catch(shellOnCtrlC)) !== 'shell';
  if (goesOn) system.boot.goOn();
  else face.say([SHELL_OPENS]);
  face.result(result);
  return result.exitStatus;
}

function shellOnCtrlC(error: unknown): 'shell' {
  if (error instanceof Cancelled) return 'shell';
  throw error;
}

function timeoutOf({ boot }: BootingSystem): number {
  const seconds = Number(lastValue(boot.kernelCommandLine, 'rd.lvmedic.timeout') || TIMEOUT_SECONDS);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 24 * 3600) : TIMEOUT_SECONDS;
}
