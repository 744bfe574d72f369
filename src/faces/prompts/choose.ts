import { createInterface } from 'node:readline';
import type { Offer } from '../face.ts';
import { Cancelled } from './confirm.ts';

/**
 * Numbered choices on a terminal of any kind. Enter takes the first. Resolves to null when nobody touched a key for
 * `timeoutSeconds`: each key starts that time anew, for noise on a serial line shall not stop it for ever. Rejects with `Cancelled` on Ctrl-C and when the console goes away.
 */
export function choose(offer: Offer): Promise<string | null> {
  const { choices, timeoutSeconds } = offer;
  const terminal = createInterface({ input: process.stdin, output: process.stdout, terminal: true });
  return new Promise((resolve, reject) => {
    const end = (act: () => void) => {
      clearTimeout(timer);
      process.stdin.off('data', awake);
      terminal.off('close', gone).close();
      if (process.stdin.isTTY) process.stdin.setRawMode(false);
      process.stdin.pause();
      act();
    };
    const gone = () => end(() => reject(new Cancelled()));
    const giveUp = () => {
      process.stdout.write('\n');
      end(() => resolve(null));
    };
    const timer = timeoutSeconds === null ? undefined : setTimeout(giveUp, timeoutSeconds * 1000);
    const awake = () => void timer?.refresh();
    process.stdin.on('data', awake);
    terminal.on('line', (line) => {
      const answer = line.trim();
      const picked = answer === '' ? choices[0] : choices[Number(answer) - 1];
      if (picked !== undefined) return end(() => resolve(picked.id));
      process.stdout.write(`${offer.retry}\n`);
      terminal.prompt();
    });
    terminal.on('SIGINT', gone);
    terminal.on('close', gone);
    process.stdout.write(`${offer.lines.join('\n')}\n`);
    terminal.setPrompt(offer.prompt);
    terminal.prompt();
  });
}
