import type { Progress } from '../engine/ports.ts';
import type { LiveSession } from '../session/live.ts';

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
  /** Who answers questions; null where nobody can be asked. */
  readonly questions: Questions | null;
  /** Shows a guided repair until it is left; null where nobody can be guided. */
  readonly guide: Guide | null;
}

export interface Guide {
  /** Makes ready what `show` needs, while there is something else to wait for. */
  load(): Promise<void>;
  /** Resolves when the session is left. */
  show(live: LiveSession): Promise<void>;
}

/** Both are rejected with `Cancelled` on Ctrl-C. */
export interface Questions {
  /** Yes or no, no being the default. */
  confirm(question: string): Promise<boolean>;
  /** One of several, the first being the default; null when nobody answered in time. */
  choose(offer: Offer): Promise<string | null>;
}

export interface Offer {
  /** The choices as lines of text. */
  readonly lines: readonly string[];
  readonly choices: readonly { readonly id: string; readonly label: string }[];
  readonly prompt: string;
  /** What is said to an answer that is none of the choices. */
  readonly retry: string;
  /** How long a console without a person is waited at; null: for ever. */
  readonly timeoutSeconds: number | null;
}
