import { type Dialect, dialectOf } from './dialect.ts';

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
  const dialect = dialectOf(context.version);
  return [
    context.lvmPath,
    subcommand,
    ...(dialect.takesYes(subcommand) ? ['-y'] : []),
    ...(context.deviceMapper ? [] : ['--driverloaded', 'n']),
    ...devices(subcommand, context, dialect),
    ...(context.withoutLocks && dialect.isModern ? ['--nolocking'] : []),
    '--config',
    config(subcommand, context, dialect, context.withoutLocks && !dialect.isModern ? 0 : 1),
    ...inDialect(rest, dialect),
  ];
}

/**
 * A report that writes nothing on any version, for people to look with: 2.02 repairs what it reads, unless its locks forbid
 * it to write. `words` is `pvs`, `vgs` or `lvs` and its arguments.
 */
export function readOnlyArgv(words: readonly string[], context: LvmContext): string[] {
  const [subcommand = '', ...rest] = words;
  const dialect = dialectOf(context.version);
  return [
    context.lvmPath,
    subcommand,
    ...(context.deviceMapper ? [] : ['--driverloaded', 'n']),
    ...devices(subcommand, context, dialect),
    ...(dialect.reportsReadOnly ? ['--readonly'] : []),
    ...(dialect.isModern && dialect.takesDevices
      ? []
      : ['--config', config(subcommand, context, dialect, dialect.isModern ? 1 : 4)]),
    ...rest,
  ];
}

/**
 * What lvm's own daemon (lvmetad, 2.02) believes of a volume group: a line for each of its physical volumes, with its
 * attributes; null where this version has no daemon. Its locks forbid it to write. Versions before 2.02.133 have no
 * field that counts those that are missing.
 */
export function daemonViewArgv(vgName: string, context: LvmContext): string[] | null {
  const dialect = dialectOf(context.version);
  if (dialect.isModern) return null;
  return [
    context.lvmPath,
    'vgs',
    ...(context.deviceMapper ? [] : ['--driverloaded', 'n']),
    ...['--config', config('vgs', context, dialect, 4, true), '--noheadings', '-o', 'pv_attr'],
    vgName,
  ];
}

const seesByOption = (subcommand: string, { takesDevices }: Dialect): boolean =>
  takesDevices && subcommand !== 'pvck';

const devices = (subcommand: string, { nodes }: LvmContext, dialect: Dialect): string[] =>
  seesByOption(subcommand, dialect) ? ['--devices', nodes.join(',')] : [];

/** Words are written as the newest lvm takes them. */
function inDialect(words: readonly string[], { takesActivationMode }: Dialect): readonly string[] {
  const at = words.indexOf('--activationmode');
  return takesActivationMode || at < 0 ? words : words.toSpliced(at, 2, '--partial');
}

function config(
  subcommand: string,
  context: LvmContext,
  dialect: Dialect,
  lockingType: 0 | 1 | 4,
  byDaemon = subcommand === 'pvscan',
): string {
  const only = [...context.nodes.map((node) => `a|^${escapeRegex(node)}$|`), 'r|.*|'];
  const filter = only.map(quote).join(',');
  // What tells lvmetad of changes must reach it; nothing else may take its word for what stands on the disks.
  const withoutDaemon = dialect.isModern || byDaemon ? '' : ' use_lvmetad=0';
  const sections = [
    `global{locking_type=${lockingType} metadata_read_only=0` +
      `${context.lockDir === null ? '' : ` locking_dir=${quote(context.lockDir)}`}${withoutDaemon}}`,
    seesByOption(subcommand, dialect) ? '' : `devices{filter=[${filter}] global_filter=[${filter}]}`,
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
