import type { Guest } from './guest.ts';

const INTERRUPT = '\x03';
const END_KEY = '\x1d';
const TWICE_MS = 1000;

/** How to leave a guest that has the terminal. */
export const HOW_TO_LEAVE = 'Ctrl-] switches the VM off, as does Ctrl-C twice; once, it goes to the VM.';

/**
 * Puts the guest's console on this terminal until the guest has ended, or until its console said `lastWords`, which
 * are not shown any more.
 */
export async function putOnTerminal(guest: Guest, lastWords?: string): Promise<void> {
  let interruptedAt = Number.NEGATIVE_INFINITY;
  let isOver = false;
  const type = (bytes: Buffer) => {
    const keys = bytes.toString('latin1');
    const isSecond = keys === INTERRUPT && performance.now() - interruptedAt < TWICE_MS;
    if (keys === INTERRUPT) interruptedAt = performance.now();
    if (isSecond || keys.includes(END_KEY)) guest.end();
    else guest.console.send(keys);
  };
  const over = new Promise<void>((resolve) => {
    guest.machine.ended.then(resolve);
    guest.console.attach((bytes) => {
      if (isOver) return;
      const text = bytes.toString('latin1');
      const end = lastWords === undefined ? -1 : text.indexOf(lastWords);
      process.stdout.write(end < 0 ? bytes : bytes.subarray(0, end));
      isOver = end >= 0;
      if (isOver) resolve();
    });
  });
  if (process.stdin.isTTY) process.stdin.setRawMode(true);
  process.stdin.on('data', type);
  await over;
  process.stdin.off('data', type);
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
  process.stdin.pause();
}
