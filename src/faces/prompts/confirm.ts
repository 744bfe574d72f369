import { unlessCancelled } from './cancelled.ts';
import { askLine, drawsNothing } from './line.ts';

/** Asks on the terminal; Enter means no. Rejects with `Cancelled` on Ctrl-C and when the terminal goes away. */
export async function confirm(question: string): Promise<boolean> {
  if (drawsNothing()) {
    const answer = await askLine(`${question} (y/N)`, { timeoutSeconds: null });
    return /^y(es)?$/i.test(answer?.trim() ?? '');
  }
  const { default: enquirer } = await import('enquirer');
  try {
    const answered = enquirer.prompt<{ yes: boolean }>({
      ...{ type: 'confirm', name: 'yes', message: question, initial: false },
    });
    return (await unlessCancelled(answered)).yes;
  } finally {
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdin.pause();
  }
}
