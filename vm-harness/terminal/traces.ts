import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { LabWorld } from '../lab/world.ts';

const REPLICAS = '/run/lvmedic';

/** The process of lvmedic that works on this world. Throws when there is none, for a signal to 0 would reach our own. */
export function processOn(world: LabWorld): number {
  const [pid] = processesWith(`LVM_SYSTEM_DIR=${world.lvmDir}`);
  if (pid === undefined) throw new Error(`no lvmedic works on ${world.dir}`);
  return pid;
}

/** What a run that is over, with this process id, has not put away: processes, loop devices, copies of metadata. */
export function tracesOf(pid: number): string[] {
  const processes = [...(isAlive(pid) ? [pid] : []), ...processesWith(`LVMEDIC_PID=${pid}`)];
  const copies = existsSync(REPLICAS)
    ? readdirSync(REPLICAS).filter((name) => name.startsWith(`lvmedic-replica-${pid}-`))
    : [];
  return [
    ...processes.map((each) => `process ${each}`),
    ...loopsOver(`${REPLICAS}/lvmedic-replica-${pid}-`),
    ...copies.map((name) => `${REPLICAS}/${name}`),
  ];
}

/** Loop devices whose image's path begins so. */
export function loopsOver(prefix: string): string[] {
  return readdirSync('/sys/block').filter((name) =>
    read(`/sys/block/${name}/loop/backing_file`).startsWith(prefix),
  );
}

function processesWith(variable: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isAlive(pid) && read(`/proc/${pid}/environ`).split('\0').includes(variable));
}

/** One that has ended may still wait for its parent to notice. */
function isAlive(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== '' && !/\) [ZX]/.test(stat);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
