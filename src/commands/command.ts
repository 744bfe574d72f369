import type { System } from '../engine/ports.ts';
import type { Face } from '../faces/face.ts';
import type { Policy } from '../model/finding.ts';
import type { Result } from '../model/result.ts';

/** The options of one run, checked. */
export interface Options {
  readonly json: boolean;
  readonly unattended: boolean;
  readonly dryRun: boolean;
  /** Null where the command line says none. */
  readonly policy: Policy | null;
  /** How `boot` is run by the hooks of an initramfs; null when a person runs it. */
  readonly hook: 'ask' | 'auto' | null;
  readonly remedy: string | null;
  readonly vg: string | null;
  readonly list: boolean;
  readonly log: string | null;
  readonly stateDir: string | null;
  readonly lvm: string | null;
  readonly verbose: boolean;
  readonly plain: boolean;
  /** The full screen, where the choice would be prompts. */
  readonly screen: boolean;
  readonly noColor: boolean;
}

/** What `main.ts` hands to a command. */
export interface Context {
  readonly options: Options;
  /** What stands behind the command: TARGETs, a record, a fault. */
  readonly operands: readonly string[];
  readonly face: Face;
  /** For what a face shows in its own way: only the log is told. */
  readonly log: Face;
  readonly stop: StopRequest;
  readonly isRoot: boolean;
  /** Opens the world for these TARGETs (none: all disks). */
  readonly open: (targets: readonly string[]) => Promise<Result<OpenSystem, string>>;
  /** For commands that write: fails with who holds the lock. */
  readonly lock: () => Result<{ release(): void }, string>;
}

/** The wish to stop: Ctrl-C, a closed console, a shutdown. What is under way ends at the next safe place. */
export interface StopRequest {
  readonly requested: boolean;
  /** From now on Ctrl-C and its like ask to stop; before, they end the program. */
  watch(): void;
  request(): void;
  /** What was asked to stop has stopped; the next thing may run. */
  clear(): void;
  /** From now on this is called instead of the message on the terminal. */
  handle(onRequest: () => void): void;
}

export type OpenSystem = System & { readonly stateDir: string };

/** A command as data: `main.ts` finds it, `help.ts` prints it. */
export interface Command {
  readonly name: string;
  /** What stands behind the name in the usage line. */
  readonly operands: string;
  readonly summary: string;
  /** What `lvmedic NAME --help` teaches, with examples. */
  readonly help: string;
  /** Options besides those that every command takes. */
  readonly options: readonly OptionName[];
  /** Returns the exit status. */
  run(context: Context): Promise<number>;
}

export type OptionName =
  | 'unattended'
  | 'policy'
  | 'remedy'
  | 'vg'
  | 'dry-run'
  | 'list'
  | 'ask'
  | 'auto'
  | 'screen';
