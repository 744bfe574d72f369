import { createInterface } from 'node:readline';
import { visible } from '../../model/escape.ts';
import { Cancelled, isTerminalGone, unlessCancelled } from './cancelled.ts';

/**
 * Asks for one line of text. Resolves to null when nobody touched a key for `timeoutSeconds` (null: waits for ever): each
 * key starts that time anew, for noise on a serial line shall not stop it for ever. Rejects with `Cancelled` on Ctrl-C
 * and when the console goes away.
 */
export type AskLine = (message: string, timeoutSeconds?: number | null) => Promise<string | null>;

/** `draws`: the terminal obeys escape sequences, and is not read aloud. */
export function lineAsker(draws: boolean): AskLine {
  return async (message, timeoutSeconds = null) => {
    // Nobody could answer, and it would ring before anything listens.
    if (timeoutSeconds === 0) return null;
    const alarm = new Alarm(timeoutSeconds);
    const ask = async () => {
      await forgetTypedAhead();
      const shown = visible(message);
      return draws ? drawnLine(shown, alarm) : plainLine(shown, alarm);
    };
    try {
      return await unlessCancelled(ask());
    } finally {
      alarm.end();
      releaseTerminal();
    }
  };
}

const TYPED_AHEAD_MS = 20;

/** What was typed before the question stood there is no answer to it. */
async function forgetTypedAhead(): Promise<void> {
  const { stdin } = process;
  if (!stdin.isTTY) return;
  const drop = () => {};
  stdin.setRawMode(true);
  stdin.on('data', drop).resume();
  await new Promise((resolve) => setTimeout(resolve, TYPED_AHEAD_MS));
  stdin.off('data', drop);
  releaseTerminal();
}

function releaseTerminal(): void {
  try {
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
  } catch (error) {
    if (!isTerminalGone(error)) throw error;
  }
  process.stdin.pause();
}

/** Rings when no key was touched for so long. */
class Alarm {
  #ring: () => void = () => {};
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #awake = (): void => void this.#timer?.refresh();

  constructor(seconds: number | null) {
    this.#timer = seconds === null ? undefined : setTimeout(() => this.#ring(), seconds * 1000);
    process.stdin.on('data', this.#awake);
  }

  onRing(ring: () => void): void {
    this.#ring = ring;
  }

  end(): void {
    clearTimeout(this.#timer);
    process.stdin.off('data', this.#awake);
  }
}

async function drawnLine(message: string, alarm: Alarm): Promise<string | null> {
  const { default: enquirer } = await import('enquirer');
  const { Input } = enquirer as unknown as { Input: InputPrompt };
  const prompt = new Input({
    ...{ message, prefix: '?', separator: ' ', styles: UNDECORATED },
    // Hiding it, enquirer would also end the program on the next signal.
    cursorHide: () => {},
  });
  // Ctrl-U, as the terminal's own lines have it; enquirer calls that key so and leaves it empty.
  prompt.undo = () => prompt.reset();
  let isLate = false;
  alarm.onRing(() => {
    isLate = true;
    prompt.cancel();
  });
  try {
    return await prompt.run();
  } catch (error) {
    if (isLate) return null;
    throw error;
  }
}

/** Of enquirer, whose types leave its prompts out. */
type InputPrompt = new (options: {
  message: string;
  prefix: string;
  separator: string;
  styles: Readonly<Record<string, (text: string) => string>>;
  cursorHide: () => void;
}) => { run(): Promise<string>; cancel(): void; reset(): void; undo(): void };

/** No colours and no symbols: the same on every terminal. */
const UNDECORATED = Object.fromEntries(
  ['pending', 'submitted', 'cancelled', 'strong', 'muted', 'primary', 'danger', 'black', 'inverse'].map(
    (style) => [style, (text: string) => text],
  ),
);

function plainLine(message: string, alarm: Alarm): Promise<string | null> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
  return new Promise((resolve, reject) => {
    const end = (act: () => void) => {
      terminal.off('close', gone).close();
      act();
    };
    const gone = () => end(() => reject(new Cancelled()));
    alarm.onRing(() => {
      process.stdout.write('\n');
      end(() => resolve(null));
    });
    terminal.on('line', (line) => end(() => resolve(line)));
    terminal.on('close', gone);
    process.stdout.write(`${message} `);
  });
}
