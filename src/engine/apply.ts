import { lvmArgv } from '../lvm/command.ts';
import type { Step, VgPlan, Word } from '../model/plan.ts';
import { err, ok, type Result } from '../model/result.ts';
import type { LiveTarget, Notify, ReplicaTarget, Runner, Target } from './ports.ts';
import type { RehearsedPlan } from './rehearse.ts';
import type { Journal } from './undo/journal.ts';
import type { UndoRecord } from './undo/record.ts';

/** Why a plan could not be carried out to its end. */
export interface ApplyFailure {
  readonly kind: 'command' | 'write' | 'stopped';
  readonly step: number;
  readonly message: string;
}

/** A replica takes any plan. A live target takes only one that was rehearsed, with an undo record on stable storage. */
export type Application =
  | { readonly target: ReplicaTarget; readonly plan: VgPlan }
  | {
      readonly target: LiveTarget;
      readonly plan: RehearsedPlan;
      readonly undo: UndoRecord;
      readonly journal: Journal;
      readonly stopRequested: () => boolean;
    };

/** Carries out the steps of a plan, in order, stopping at the first that fails. The same code for replica and live disk. */
export async function apply(
  application: Application,
  runner: Runner,
  notify: Notify,
): Promise<Result<void, ApplyFailure>> {
  const { target, plan } = application;
  const live = 'journal' in application ? application : null;
  for (const [index, step] of plan.steps.entries()) {
    if (target.kind === 'replica' && step.kind === 'lvm' && step.liveOnly) continue;
    if (live?.stopRequested()) return err({ kind: 'stopped', step: index, message: 'stopped on request' });
    live?.journal.stepBegins(index, plan.volumeGroup.uuid);
    const done =
      step.kind === 'lvm' ? await runLvm(step, target, runner, notify) : write(step, target, notify);
    live?.journal.stepEnds(index, done.ok ? 'ok' : done.error);
    if (!done.ok) {
      return err({ kind: step.kind === 'lvm' ? 'command' : 'write', step: index, message: done.error });
    }
  }
  return ok(undefined);
}

type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>;

async function runLvm(
  step: StepOf<'lvm'>,
  target: Target,
  runner: Runner,
  notify: Notify,
): Promise<Result<void, string>> {
  const argv = lvmArgv(
    step.words.map((word) => spell(word, target)),
    target.lvmContext(step.regionIds.map((id) => target.nodeOf(id))),
  );
  notify({ type: 'command', argv, why: step.why, on: target.kind });
  const run = await runner.run(argv, target.environment);
  notify({ type: 'ran', run, on: target.kind });
  if (run.exitCode === 0) return ok(undefined);
  const how = run.timedOut ? 'did not end in time' : `ended with ${run.signal ?? run.exitCode}`;
  return err(`lvm ${step.words[0]} ${how}: ${lastLines(run.stderr)}`);
}

export function spell(word: Word, place: Pick<Target, 'nodeOf' | 'pathOf'>): string {
  if (typeof word === 'string') return word;
  return 'nodeOf' in word ? place.nodeOf(word.nodeOf) : place.pathOf(word.pathOf);
}

function write(step: StepOf<'write'>, target: Target, notify: Notify): Result<void, string> {
  const { regionId, offsetBytes, bytes, why } = step;
  notify({
    type: 'write',
    device: target.nodeOf(regionId),
    offsetBytes,
    lengthBytes: bytes.length,
    why,
    on: target.kind,
  });
  const writer = target.writer(regionId);
  const written = writer.write(offsetBytes, bytes);
  return written.ok ? writer.sync() : written;
}

function lastLines(stderr: string): string {
  return stderr
    .trim()
    .split('\n')
    .filter((line) => !/WARNING: Activation disabled/.test(line))
    .slice(-3)
    .join(' / ');
}
