import { atLeast } from './version.ts';

/** What decides how an lvm command must be written on this machine, for these disks. */
export interface LvmContext {
  readonly lvmPath: string;
  readonly version: string;
  /** The only nodes that lvm may see. */
  readonly nodes: readonly string[];
  /** False where the kernel has no device-mapper: lvm must not look for it. */
  readonly deviceMapper: boolean;
  /** False when lvm's own backups must not be written: the disks are not this machine's. */
  readonly keepsBackups: boolean;
  /** A lock folder of our own, or lvm's: null for lvm's. */
  readonly lockDir: string | null;
  /** True when no lock folder can be written at all. */
  readonly withoutLocks: boolean;
  /** `vg/lv` that device-mapper is to refuse writes to when it is activated. */
  readonly readOnlyVolumes?: readonly string[];
}

/**
 * The whole argv of an lvm command: `words` is the subcommand and its own arguments.
 * Locking is opened for writing on every version (2.03 takes `locking_type = 1` in silence), the machine's filters
 * and devices file are set aside in favour of exactly `nodes`, and nothing is ever asked.
 */
export function lvmArgv(words: readonly string[], context: LvmContext): string[] {
  const [subcommand = '', ...rest] = words;
  const takesDevices = atLeast(context.version, '2.03.12') && subcommand !== 'pvck';
  const isModern = atLeast(context.version, '2.03.0');
  return [
    context.lvmPath,
    subcommand,
    '-y',
    ...(context.deviceMapper ? [] : ['--driverloaded', 'n']),
    ...(takesDevices ? ['--devices', context.nodes.join(',')] : []),
    ...(context.withoutLocks && isModern ? ['--nolocking'] : []),
    '--config',
    config(context, takesDevices, isModern),
    ...rest,
  ];
}

function config(context: LvmContext, takesDevices: boolean, isModern: boolean): string {
  const only = [...context.nodes.map((node) => `a|^${escapeRegex(node)}$|`), 'r|.*|'];
  const filter = only.map(quote).join(',');
  const sections = [
    `global{locking_type=${context.withoutLocks && !isModern ? 0 : 1} metadata_read_only=0` +
      `${context.lockDir === null ? '' : ` locking_dir=${quote(context.lockDir)}`}` +
      `${isModern ? '' : ' use_lvmetad=0'}}`,
    takesDevices ? '' : `devices{filter=[${filter}] global_filter=[${filter}]}`,
    context.keepsBackups ? '' : 'backup{backup=0 archive=0}',
    context.readOnlyVolumes
      ? `activation{read_only_volume_list=[${context.readOnlyVolumes.map(quote)}]}`
      : '',
  ];
  return sections.filter((section) => section !== '').join(' ');
}

/** A device path inside lvm's `|…|` pattern. */
function escapeRegex(path: string): string {
  return path.replaceAll(/[\\^$.|?*+()[\]{}"]/g, (character) => `\\${character}`);
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`;
}
