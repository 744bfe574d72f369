import { atLeast } from './version.ts';

/**
 * What lvm's versions differ in, as far as lvmedic's commands and judgement go (lvm2 `WHATS_NEW`, `tools/commands.h` of
 * 2.02.98 to 2.02.143, `tools/command-lines.in` since; each tried with builds of 2.02.98 to 2.03.39).
 */
export interface Dialect {
  /** 2.03: `locking_type` is gone (1 is taken in silence), and lvmetad with it. */
  readonly isModern: boolean;
  /** `--devices` names the only devices that lvm may see; before, a filter does. */
  readonly takesDevices: boolean;
  /** Reports (`pvs`, `vgs`, `lvs`) take `--readonly`. `pvscan` does in a few versions of 2.02 only. */
  readonly reportsReadOnly: boolean;
  /** `--activationmode`; before, `--partial` stands for all that lets something be missing. */
  readonly takesActivationMode: boolean;
  /**
   * How many generations a command that may write can add before its own, by reading alone. Until 2.03.05 lvm repairs what
   * it reads: it brings a stale PV up to date, and headers from before 2.02.99, which do not say that they are in use.
   */
  readonly writesWhileReading: 0 | 2;
  /** Whether a subcommand knows `-y`. Those that do not, do not ask. */
  readonly takesYes: (subcommand: string) => boolean;
}

/** Before 2.02.99. */
const EARLY_YES = new Set(['pvcreate', 'pvremove', 'vgcreate', 'vgextend', 'lvchange']);

/** @param version as `lvm version` prints it: `2.02.187` */
export function dialectOf(version: string): Dialect {
  const since = (minimum: string) => atLeast(version, minimum);
  return {
    isModern: since('2.03.0'),
    takesDevices: since('2.03.12'),
    reportsReadOnly: since('2.02.107'),
    takesActivationMode: since('2.02.108'),
    writesWhileReading: since('2.03.5') ? 0 : 2,
    takesYes: (subcommand) => since('2.02.99') || EARLY_YES.has(subcommand),
  };
}
