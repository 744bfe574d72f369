import { putDown } from '../engine/boot/put-down.ts';
import { type Known, look } from '../engine/look.ts';
import { finish, provenPlans, rehearseAll, reportOf, withBoot } from '../engine/repair.ts';
import { undoFailed, undoResult } from '../engine/results.ts';
import { stillHolds } from '../engine/still-holds.ts';
import { interruptedRun } from '../engine/undo/interrupted.ts';
import { recoverAll } from '../engine/undo/recover.ts';
import { recordToUndo, undo } from '../engine/undo/undo.ts';
import { EXIT } from '../exit-codes.ts';
import { undoneSummary } from '../faces/boot-wording.ts';
import type { Face } from '../faces/face.ts';
import { NOT_CHOSEN } from '../faces/guided/wording.ts';
import { NEEDS_ROOT, rehearsalLines, undoSummary } from '../faces/wording.ts';
import { err, type Result } from '../model/result.ts';
import { choicesOf, leftBy } from '../session/choices.ts';
import type { Effect, EffectResult, Look } from '../session/state.ts';
import type { Context, OpenSystem } from './command.ts';
import { conclude } from './repairing.ts';

/** Where a session's effects meet the engine. */
export interface Bench {
  readonly context: Context;
  readonly system: OpenSystem;
  readonly face: Face;
}

/** Carries out an effect of the session; every expected failure is an outcome. */
export async function carryOutEffect(effect: Effect, bench: Bench): Promise<EffectResult> {
  const done = await outcomeOf(effect, bench);
  return done.ok ? done.value : { kind: 'failed', message: done.error };
}

function outcomeOf(effect: Effect, bench: Bench): Promise<Result<EffectResult, string>> {
  switch (effect.kind) {
    case 'look':
      return Promise.resolve(lookAround(bench));
    case 'rehearse':
      return rehearseChoice(effect, bench);
    case 'repair':
      return locked(bench, () => carryOutChoice(effect, bench));
    case 'undo':
      return locked(bench, () => undoRepair(effect, bench));
  }
}

function lookAround(
  { system, face }: Bench,
  recovered: Look['recovered'] = null,
): Result<EffectResult, string> {
  const known = look(system, face.notify);
  if (!known.ok) return known;
  const interrupted = interruptedRun(known.value.survey, system);
  const value: Look = {
    known: known.value,
    choices: choicesOf(known.value, interrupted !== null, system.boot !== null),
    wayBack: { folder: system.stateDir, durability: system.records.durability },
    interrupted: interrupted?.id ?? null,
    recovered,
    canBoot: system.boot !== null,
  };
  return { ok: true, value: { kind: 'looked', look: value } };
}

async function rehearseChoice(
  { look, choice }: Extract<Effect, { kind: 'rehearse' }>,
  { context, system, face }: Bench,
): Promise<Result<EffectResult, string>> {
  if (!context.isRoot) return err(NEEDS_ROOT);
  const { known } = look;
  const rehearsed = await rehearseAll(
    known,
    { plans: choice.plans, declined: leftBy(choice.plans, known, NOT_CHOSEN) },
    system,
    { dryRun: false, onRehearsed: (each) => face.say(rehearsalLines(each)) },
    face.notify,
  );
  // Nothing was rehearsed: the disks cannot be written.
  const [refused] = rehearsed.declined.filter(({ findingId }) =>
    choice.plans.some(({ findingIds }) => findingIds.includes(findingId)),
  );
  if (rehearsed.rehearsals.length < choice.plans.length && refused !== undefined) return err(refused.reason);
  return { ok: true, value: { kind: 'rehearsed', look, choice, rehearsed } };
}

async function carryOutChoice(
  { look: { known }, choice, rehearsed }: Extract<Effect, { kind: 'repair' }>,
  bench: Bench,
): Promise<Result<EffectResult, string>> {
  const { context, system, face } = bench;
  const { notify } = face;
  if (!context.isRoot) return err(NEEDS_ROOT);
  if (choice.kind === 'recover') {
    const ended = await recoverAll(known.survey, system, notify);
    return ended.ok ? lookAround(bench, ended.value.runs.at(-1)) : ended;
  }
  if (rehearsed !== null) {
    const holds = stillHolds(provenPlans(rehearsed), system, notify);
    if (!holds.ok) return holds;
  }
  const before =
    rehearsed === null
      ? activationOnly(known)
      : await finish(rehearsed, provenPlans(rehearsed), system, notify);
  // What was agreed to decides what comes up, not what the kernel command line lets happen unasked.
  const report = await withBoot(before, choice.kind === 'degraded' ? 'degraded' : 'safe', system, notify);
  const result = conclude(report, false, system, face);
  face.result(result);
  return { ok: true, value: { kind: 'repaired', result } };
}

function activationOnly(known: Known) {
  const declined = leftBy([], known, NOT_CHOSEN);
  return { ...reportOf({ known, rehearsals: [], declined }), outcome: 'declined' as const };
}

async function undoRepair(
  { undoing: { record: id, activated } }: Extract<Effect, { kind: 'undo' }>,
  { system, face }: Bench,
): Promise<Result<EffectResult, string>> {
  const record = recordToUndo(system, id);
  if (!record.ok) return err(record.error.message);
  await putDown(activated, system, face.notify);
  const known = look(system, face.notify);
  if (!known.ok) return known;
  const undone = await undo(record.value, known.value.survey, system, face.notify);
  // Half-way is an end that has to be told in full; anything else left the disks as they were.
  if (!undone.ok && undone.error.kind !== 'incomplete') return err(undone.error.message);
  const result = undone.ok ? undoResult(undone.value) : undoFailed(EXIT.halfway, undone.error.message);
  face.say(undoSummary(result));
  face.result(result);
  system.boot?.leaveSummary(undoneSummary(result));
  return { ok: true, value: { kind: 'undone', result } };
}

async function locked(
  { context }: Bench,
  work: () => Promise<Result<EffectResult, string>>,
): Promise<Result<EffectResult, string>> {
  const held = context.lock();
  if (!held.ok) return held;
  try {
    return await work();
  } finally {
    held.value.release();
  }
}
