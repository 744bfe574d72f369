import { daemonViewArgv } from '../lvm/command.ts';
import type { VgPlan } from '../model/plan.ts';
import type { Notify, Runner, Target } from './ports.ts';

/**
 * What lvm's own daemon still believes after it was told of a repair, as sentences; empty where it sees what is on the disks,
 * or there is none. Until it does, lvm shows the volume group as it was.
 */
export async function staleViews(
  plans: readonly VgPlan[],
  target: Pick<Target, 'nodeOf' | 'lvmContext' | 'environment'>,
  runner: Runner,
  notify: Notify,
): Promise<string[]> {
  const stale: string[] = [];
  for (const { steps, regionIds, volumeGroup, goal } of plans) {
    const isTold = steps.some((step) => step.kind === 'lvm' && step.words[0] === 'pvscan');
    const argv = daemonViewArgv(
      volumeGroup.name,
      target.lvmContext(regionIds.map((id) => target.nodeOf(id))),
    );
    if (!isTold || argv === null) continue;
    notify({ type: 'command', argv, why: "ask lvm's daemon what it sees now", on: 'live' });
    const run = await runner.run(argv, target.environment);
    notify({ type: 'ran', run, on: 'live' });
    const missing = run.exitCode === 0 ? missingOf(run.stdout) : null;
    if (missing === goal.absentPvUuids.length) continue;
    const says = missing === null ? 'does not answer' : `still misses ${missing} of its physical volumes`;
    stale.push(
      `the disks of ${volumeGroup.name} are right, but lvm's daemon (lvmetad) ${says}: run lvm pvscan --cache, or restart it`,
    );
  }
  return stale;
}

/** How many of the physical volumes whose attributes lvm printed (`a-m`) it calls missing; null where it printed none. */
function missingOf(stdout: string): number | null {
  const attributes = stdout.split('\n').flatMap((line) => line.trim() || []);
  return attributes.length === 0 ? null : attributes.filter((each) => each[2] === 'm').length;
}
