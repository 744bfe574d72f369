import type { Guest } from './guest.ts';

const INTERRUPT = '\x03';
const END_KEY = '\x1d';
const TWICE_MS = 1000;
/** The guest's firmware has switched it off. */
const WRAP_LINES = '\x1b[?7h';

/** How to leave a guest that has the terminal. */
export const HOW_TO_LEAVE = 'Ctrl-] switches the VM off, as does Ctrl-C twice; once, it goes to the VM.';

/**
 * Hands on what comes to the guest's console, until the guest has ended or its console said `lastWords`, which are not
 * handed on any more.
 */
export function watchConsole(
  guest: Guest,
  write: (bytes: Buffer) => void,
  lastWords?: string,
): Promise<void> {
  return new Promise((resolve) => {
    let held = Buffer.alloc(0);
    let isOver = false;
    guest.machine.ended.then(resolve);
    guest.console.attach((bytes) => {
      if (isOver) return;
      const all = Buffer.concat([held, bytes]);
      const at = lastWords === undefined ? -1 : all.indexOf(lastWords);
      const end = at >= 0 ? at : all.length - beginningOf(lastWords ?? '', all);
      write(all.subarray(0, end));
      held = all.subarray(end);
      isOver = at >= 0;
      if (isOver) resolve();
    });
  });
}

/** How many bytes at the end could be the first of these words: the rest of them may come later. */
function beginningOf(words: string, bytes: Buffer): number {
  let length = Math.max(0, words.length - 1);
  while (length > 0 && !bytes.subarray(-length).equals(Buffer.from(words.slice(0, length)))) length--;
  return length;
}

/** The same on this terminal, whose keys go to the guest. */
export async function putOnTerminal(guest: Guest, lastWords?: string): Promise<void> {
  let interruptedAt = Number.NEGATIVE_INFINITY;
  const type = (bytes: Buffer) => {
    const keys = bytes.toString('latin1');
    const isSecond = keys === INTERRUPT && performance.now() - interruptedAt < TWICE_MS;
    if (keys === INTERRUPT) interruptedAt = performance.now();
    if (isSecond || keys.includes(END_KEY)) guest.end();
    else guest.console.send(keys);
  };
  if (process.stdin.isTTY) process.stdin.setRawMode(true);
  process.stdin.on('data', type);
  await watchConsole(guest, (bytes) => process.stdout.write(bytes), lastWords);
  process.stdin.off('data', type);
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
  process.stdin.pause();
  process.stdout.write(WRAP_LINES);
}
