import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commandRunner } from '../../src/system/run.ts';

const runner = commandRunner({ timeoutMs: 1_000, lastWordsMs: 200 });
/** As the kernel writes it: S sleeps, Z waits for its parent to notice that it has ended. */
function stateOf(pid: string): string {
  try {
    return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

const shell = (script: string) => runner.run(['sh', '-c', script]);

describe('a command leaves something behind that holds its pipes', () => {
  test('a daemon with a session of its own: the command has ended, and it goes on', async () => {
    const run = await shell('setsid sleep 3 & echo said; exit 5');
    expect(run).toMatchObject({ exitCode: 5, timedOut: false, stdout: 'said\n' });
    expect(run.durationMs).toBeLessThan(1_000);
  });

  test('a command that does not end has the same: it is killed, and no exception ends the repair', async () => {
    const run = await shell('setsid sleep 4 & echo said; exec sleep 60');
    expect(run).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: true, stdout: 'said\n' });
    expect(run.durationMs).toBeLessThan(3_000);
  });

  test('what is in its own session ends with it: nothing may write to the disks after it', async () => {
    const run = await shell('sleep 60 & echo $!; exit 0');
    expect(run).toMatchObject({ exitCode: 0, timedOut: false });
    await expect.poll(() => stateOf(run.stdout.trim())).toMatch(/^[ZX]?$/);
  });
});

test('all that a command says arrives, however much', async () => {
  const run = await shell('head -c 300000 /dev/zero | tr "\\0" x; echo end >&2');
  expect(run).toMatchObject({ exitCode: 0, stderr: 'end\n' });
  expect(run.stdout).toHaveLength(300_000);
});

test('a command that is not there is a result', async () => {
  const run = await runner.run(['/nonexistent/lvm', 'version']);
  expect(run).toMatchObject({ exitCode: 127, timedOut: false });
  expect(run.stderr).toContain('ENOENT');
});
