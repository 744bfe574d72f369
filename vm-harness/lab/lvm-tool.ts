import { spawnSync } from 'node:child_process';

/**
 * The lvm that builds, harms and judges the lab's worlds: `LVM` of the environment, else the system's. Recipes are written
 * for the newest; what older ones lack or spell otherwise is here, and nowhere else.
 */
export const LAB_LVM = process.env.LVM ?? 'lvm';

/** The lvm that the product repairs with; by default the same. */
export const REPAIR_LVM = process.env.REPAIR_LVM ?? process.env.LVM ?? null;

/** A recipe asks for what this lvm has no command for. */
export class NotPossible extends Error {}

const versions = new Map<string, string>();
/** `2.03.16`. Asked once; reads no disk. */
function versionOf(lvm: string): string {
  const known = versions.get(lvm);
  if (known !== undefined) return known;
  const ran = spawnSync(lvm, ['version'], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  const version = /LVM version:\s+(\d+\.\d+\.\d+)/.exec(ran.stdout)?.[1];
  if (version === undefined) throw new Error(`${lvm} is no lvm: ${ran.stderr}`);
  versions.set(lvm, version);
  return version;
}

/** True when the lab's lvm is at least of this version. */
export const since = (minimum: string): boolean => isAtLeast(versionOf(LAB_LVM), minimum);

/** True when the lvm that the product repairs with is. */
export const repairsSince = (minimum: string): boolean => isAtLeast(versionOf(REPAIR_LVM ?? 'lvm'), minimum);

function isAtLeast(version: string, minimum: string): boolean {
  const numbers = (text: string) => text.split('.').map(Number);
  const mine = numbers(version);
  for (const [at, needed] of numbers(minimum).entries()) {
    if (mine[at] !== needed) return (mine[at] ?? 0) > needed;
  }
  return true;
}

/** Commands that took `-y` before every command did (2.02.99). */
const EARLY_YES = new Set([
  ...['pvcreate', 'pvremove', 'vgcreate', 'vgextend'],
  ...['lvchange', 'lvconvert', 'lvreduce'],
]);

/** A command line as the lab's lvm takes it. Throws `NotPossible` where it has no such command. */
export function inLabDialect(args: readonly string[]): string[] {
  const [command = '', ...rest] = args;
  if (rest.includes('--updatemetadata') && !since('2.03.5')) {
    throw new NotPossible('vgck --updatemetadata came with 2.03.05');
  }
  const asksLess = rest.map((word) =>
    word === '-y' && !since('2.02.99') && !EARLY_YES.has(command) ? (FORCED.has(command) ? '-f' : '') : word,
  );
  const words = asksLess.filter((word) => word !== '' && !(word === '-Wn' && !since('2.02.105')));
  // Without device-mapper, 2.02 asks the kernel for it all the same.
  return [command, ...(since('2.03.0') ? [] : ['--driverloaded', 'n']), ...words];
}

/** Where `-f` keeps it from asking. */
const FORCED = new Set(['lvremove', 'vgremove', 'vgrename']);

/** Lines of lvm.conf that name settings which this version knows. */
export function labSettings(
  dir: string,
  filter: string,
  keep: 0 | 1,
  lvmDir: string,
  readOnly: boolean,
): string {
  const modern = since('2.03.0');
  return `devices { scan=["/dev"] obtain_device_list_from_udev=0 ${modern ? 'use_devicesfile=0 hints="none" ' : ''}write_cache_state=0 cache_dir="${dir}/conf"
  filter=[${filter}] global_filter=[${filter}] }
global { locking_dir="${dir}/lock" activation=0 ${modern ? 'event_activation=0 system_id_source="none"' : `use_lvmetad=0 locking_type=${readOnly ? 4 : 1}`} }
activation { udev_sync=0 udev_rules=0 monitoring=0 }
backup { backup=${keep} archive=${keep} backup_dir="${lvmDir}/backup" archive_dir="${lvmDir}/archive" }
`;
}
