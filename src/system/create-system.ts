import fs from 'node:fs';
import type { RecordFiles, System } from '../engine/ports.ts';
import { ok, type Result } from '../model/result.ts';
import { bootEnvironment } from './boot/environment.ts';
import { openLive } from './live-target.ts';
import type { TargetContext } from './lvm-context.ts';
import { describeMachine, findLvm } from './machine.ts';
import { recordFiles } from './records.ts';
import { openReplicas } from './replicas.ts';
import { runner } from './run.ts';
import { surveySource } from './source.ts';
import { chooseStateDir } from './state-dir.ts';

export interface SystemOptions {
  /** Empty: all disks of the machine. */
  readonly targets: readonly string[];
  readonly lvmPath: string | null;
  readonly stateDir: string | null;
  readonly stopRequested: () => boolean;
}

export type LoggedSystem = System & {
  readonly stateDir: string;
  /** Ids of the records whose journals this run has written to. */
  readonly journaled: ReadonlySet<string>;
};

/** The real world, as the engine needs it. Fails when a named lvm does not run, or /sys is wanted and not there. */
export async function createSystem(options: SystemOptions): Promise<Result<LoggedSystem, string>> {
  const { targets, stopRequested } = options;
  const lvm = await findLvm(options.lvmPath, runner);
  if (!lvm.ok) return lvm;
  const machine = describeMachine(targets.length > 0, lvm.value);
  if (!machine.ok) return machine;
  const { deviceMapper, inInitramfs, targetsGiven, kernelCommandLine } = machine.value;
  const stateDir = chooseStateDir(options.stateDir, inInitramfs);
  const context: TargetContext = { runner, lvm: lvm.value, deviceMapper, targetsGiven, stateDir };
  const journaled = new Set<string>();
  const records = recordFiles(stateDir, () => deviceNumbers(targets));
  return ok({
    stateDir,
    journaled,
    source: surveySource(targets, lvm.value),
    runner,
    records: noting(journaled, records),
    clock: () => new Date(),
    boot: inInitramfs && deviceMapper && !targetsGiven ? bootEnvironment(context, kernelCommandLine) : null,
    openReplicas: (regions, texts, spansOf) => openReplicas(context, regions, texts, spansOf),
    openLive: (regions) => openLive(context, regions),
    stopRequested,
  });
}

/** The same, noting whose journals are written to. */
function noting(ids: Set<string>, records: RecordFiles): RecordFiles {
  const { list, folder, write, read } = records;
  return {
    ...{ list, folder, write, read },
    append(id, name, line) {
      ids.add(id);
      records.append(id, name, line);
    },
    get durability() {
      return records.durability;
    },
    get unusable() {
      return records.unusable;
    },
  };
}

function deviceNumbers(nodes: readonly string[]): Set<number> {
  return new Set(
    nodes.flatMap((node) => {
      const stat = fs.statSync(node, { throwIfNoEntry: false });
      return stat?.isBlockDevice() ? [stat.rdev] : [];
    }),
  );
}
