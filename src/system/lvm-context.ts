import fs from 'node:fs';
import type { Runner } from '../engine/ports.ts';
import type { LvmContext } from '../lvm/command.ts';
import type { LvmTool } from '../model/survey.ts';

/** What opening replicas or live disks needs to know of this run. */
export interface TargetContext {
  readonly runner: Runner;
  readonly lvm: LvmTool | null;
  readonly deviceMapper: boolean;
  readonly targetsGiven: boolean;
  readonly stateDir: string;
}

/** How lvm is run on the disks themselves. */
export function liveLvmContext(
  context: Pick<TargetContext, 'lvm' | 'deviceMapper' | 'targetsGiven'>,
  nodes: readonly string[],
): LvmContext {
  return {
    ...lvmOf(context),
    nodes,
    deviceMapper: context.deviceMapper,
    keepsBackups: !context.targetsGiven,
    lockDir: null,
    withoutLocks: !canLock(),
  };
}

/** How lvm is run on replicas, with its locks in a folder of their own. */
export function replicaLvmContext(
  context: Pick<TargetContext, 'lvm'>,
  nodes: readonly string[],
  lockDir: string,
): LvmContext {
  return {
    ...lvmOf(context),
    nodes,
    // The kernel may have the real volumes mapped under the same ids: the rehearsal must not see them.
    deviceMapper: false,
    keepsBackups: false,
    lockDir,
    withoutLocks: false,
  };
}

function lvmOf({ lvm }: Pick<TargetContext, 'lvm'>): { lvmPath: string; version: string } {
  return { lvmPath: lvm?.path ?? 'lvm', version: lvm?.version ?? '0' };
}

/** lvm's lock folder, or the one above it that lvm would make it in, can be written. */
function canLock(): boolean {
  const folder = ['/run/lock/lvm', '/run/lock', '/run'].find((each) => fs.existsSync(each));
  try {
    fs.accessSync(folder ?? '/', fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
