import { readdirSync, readFileSync } from 'node:fs';

/** Ends every process of a session at once, also those that would not be hung up on. */
export function endSession(sessionId: number): void {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || sessionOf(name) !== sessionId) continue;
    try {
      process.kill(Number(name), 'SIGKILL');
    } catch {
      // It ended by itself in the meantime.
    }
  }
}

/** Field 6 of proc(5)'s stat; the name in field 2 may hold blanks and parentheses. */
function sessionOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(session);
  } catch {
    return null;
  }
}
