import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../test-results/screens/', import.meta.url));
const begun = new Set<string>();

/** Adds a screen to `test-results/screens/NAME.txt`; the first of a run begins the file anew. */
export function keepScreen(name: string, title: string, screen: string): void {
  const file = `${folder}${name.replaceAll(/[^\w.-]+/g, '-')}.txt`;
  mkdirSync(dirname(file), { recursive: true });
  if (!begun.has(file)) rmSync(file, { force: true });
  begun.add(file);
  appendFileSync(file, `== ${title}\n\n${screen}\n\n`);
}

/** The screen as it stood, in a frame that shows where it ends. */
export function framed(screen: string, columns: number): string {
  const lines = screen.split('\n').map((line) => `│${line.padEnd(columns)}│`);
  const rule = '─'.repeat(columns);
  return [`┌${rule}┐`, ...lines, `└${rule}┘`].join('\n');
}
