import type { Progress } from '../engine/ports.ts';

/** One block of lines, or one event: how a command speaks, whatever the face. */
export interface Face {
  /** What happens while it works. */
  notify(progress: Progress): void;
  /** Lines for people; faces for machines leave them out. */
  say(lines: readonly string[]): void;
  /** The result, once, at the end. */
  result(result: object): void;
  /** What went wrong before there could be a result. */
  error(message: string, exitStatus: number): void;
  /** Yes or no, no being the default; rejected with `Cancelled` on Ctrl-C. Null where nobody can be asked. */
  readonly confirm: ((question: string) => Promise<boolean>) | null;
}
