import type { Offer } from '../face.ts';
import { askLine } from './line.ts';

/**
 * Numbered choices on a terminal of any kind. Enter takes the first. Resolves to null when nobody touched a key for
 * `timeoutSeconds`. Rejects with `Cancelled` on Ctrl-C and when the console goes away.
 */
export async function choose({
  lines,
  choices,
  prompt,
  retry,
  timeoutSeconds,
}: Offer): Promise<string | null> {
  process.stdout.write(`${lines.join('\n')}\n`);
  for (;;) {
    const line = await askLine(prompt, { timeoutSeconds });
    if (line === null) return null;
    const answer = line.trim();
    const picked = answer === '' ? choices[0] : choices[Number(answer) - 1];
    if (picked !== undefined) return picked.id;
    process.stdout.write(`${retry}\n`);
  }
}
