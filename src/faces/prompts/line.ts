import { createInterface } from 'node:readline';
import { Cancelled, unlessCancelled } from './cancelled.ts';

export interface LineOptions {
  /** How long a console without a person is waited at; null: for ever. */
  readonly timeoutSeconds: number | null;
}

/**
 * One line of text from the person. Resolves to null when nobody touched a key for `timeoutSeconds`: each key starts
 * that time anew, for noise on a serial line shall not stop it for ever. Rejects with `Cancelled` on Ctrl-C and when the
 * console goes away.
 */
export async function askLine(message: string, { timeoutSeconds }: LineOptions): Promise<string | null> {
  const alarm = new Alarm(timeoutSeconds);
  try {
    return await unlessCancelled(drawsNothing() ? plainLine(message, alarm) : drawnLine(message, alarm));
  } finally {
    alarm.end();
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdin.pause();
  }
}

/** A terminal that obeys no escape sequence, or one that is read aloud: what stands there is not drawn again. */
export const drawsNothing = ({ TERM, ACCESSIBLE } = process.env): boolean =>
  TERM === undefined || TERM === '' || TERM === 'dumb' || (ACCESSIBLE ?? '') !== '';

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
  const prompt = new (enquirer as unknown as { Input: InputPrompt }).Input({
    message,
    prefix: nothing,
    separator: nothing,
  });
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

type InputPrompt = new (options: {
  message: string;
  prefix: () => string;
  separator: () => string;
}) => { run(): Promise<string>; cancel(): void };
const nothing = (): string => '';

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
