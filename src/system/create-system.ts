import fs from 'node:fs';
import type { System } from '../engine/ports.ts';
import { ok, type Result } from '../model/result.ts';
import { bootEnvironment } from './boot/environment.ts';
import { describeMachine, findLvm } from './machine.ts';
import { recordFiles } from './records.ts';
import { runner } from './run.ts';
import { surveySource } from './source.ts';
import { chooseStateDir } from './state-dir.ts';
import { openLive, openReplicas, type TargetContext } from './targets.ts';

export interface SystemOptions {
  /** Empty: all disks of the machine. */
  readonly targets: readonly string[];
  readonly lvmPath: string | null;
  readonly stateDir: string | null;
  readonly stopRequested: () => boolean;
}

/** The real world, as the engine needs it. Fails when a named lvm does not run, or /sys is wanted and not there. */
export async function createSystem(
  options: SystemOptions,
): Promise<Result<System & { stateDir: string }, string>> {
  const { targets, stopRequested } = options;
  const lvm = await findLvm(options.lvmPath, runner);
  if (!lvm.ok) return lvm;
  const machine = describeMachine(targets.length > 0, lvm.value);
  if (!machine.ok) return machine;
  const { deviceMapper, inInitramfs, targetsGiven, kernelCommandLine } = machine.value;
  const stateDir = chooseStateDir(options.stateDir, inInitramfs);
  const context: TargetContext = { runner, lvm: lvm.value, deviceMapper, targetsGiven, stateDir };
  return ok({
    stateDir,
    source: surveySource(targets, lvm.value),
    runner,
    records: recordFiles(stateDir, () => deviceNumbers(targets)),
    clock: () => new Date(),
    boot: inInitramfs && deviceMapper && !targetsGiven ? bootEnvironment(context, kernelCommandLine) : null,
    openReplicas: (regions, texts, spansOf) => openReplicas(context, regions, texts, spansOf),
    openLive: (regions) => openLive(context, regions),
    stopRequested,
  });
}

function deviceNumbers(nodes: readonly string[]): Set<number> {
  return new Set(
    nodes.flatMap((node) => {
      const stat = fs.statSync(node, { throwIfNoEntry: false });
      return stat?.isBlockDevice() ? [stat.rdev] : [];
    }),
  );
}
