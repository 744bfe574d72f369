import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { openTerminal, type Terminal, type TerminalOptions } from '../../vm-harness/terminal/terminal.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';

/** One that has ended may still wait for its parent to notice. */
const isRunning = (pid: string): boolean =>
  existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

const unavailable = tmuxUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: every test on a terminal, for it ${unavailable}.`);

afterAll(removeTemporaryFolders);

describe.skipIf(unavailable !== null)('the harness for terminals', () => {
  const open: Terminal[] = [];
  afterEach(() => {
    for (const terminal of open.splice(0)) terminal.close();
  });
  async function start(options: TerminalOptions): Promise<Terminal> {
    const terminal = await openTerminal({ name: 'terminal-harness', ...options });
    open.push(terminal);
    return terminal;
  }
  const sh = (script: string) => ['sh', '-c', script];

  test('typed lines reach the program, and its exit status comes back', async () => {
    const terminal = await start({ command: sh('read line; echo "<$line>"; exit 7') });
    terminal.type('it’s "so"; C-c');
    terminal.keys('Enter');
    expect(await terminal.waitForExit()).toBe(7);
    expect(terminal.screen()).toContain('<it’s "so"; C-c>');
    expect(terminal.keysSent).toBe(15);
    expect(terminal.leftBehind()).toEqual([]);
    terminal.keep('after a line');
    const kept = readFileSync(
      new URL('../../test-results/screens/terminal-harness.txt', import.meta.url),
      'utf8',
    );
    expect(kept).toContain(`== after a line\n\n${terminal.screen()}`);
  });

  test.each([
    ['xterm-256color', 'UTF-8', 'C.UTF-8'],
    ['vt220', 'C', 'C'],
    ['linux', 'UTF-8', 'C.UTF-8'],
    ['dumb', 'C', 'C'],
  ] as const)(
    'the program sees TERM=%s and the encoding %s, and nothing of tmux',
    async (term, encoding, locale) => {
      const terminal = await start({
        command: ['env'],
        term,
        encoding,
        env: { NO_COLOR: '1', PATH: '/bin' },
      });
      await terminal.waitForExit();
      const variables = terminal
        .screen()
        .trim()
        .split('\n')
        .map((line) => line.split('=')[0])
        .sort();
      expect(variables).toEqual(['HOME', 'LC_ALL', 'NO_COLOR', 'PATH', 'TERM']);
      expect(terminal.screen()).toContain(`TERM=${term}\n`);
      expect(terminal.screen()).toContain(`LC_ALL=${locale}\n`);
    },
  );

  test('a pager: keys by name, sizes, and a terminal that is sound afterwards', async () => {
    const terminal = await start({ command: sh('seq 1 200 | less') });
    await terminal.waitFor(/^1\n2\n/);
    expect(terminal.screen().split('\n')).toHaveLength(24);
    expect(terminal.leftBehind().join()).toContain('the alternate screen is on');
    terminal.keys('NPage');
    await terminal.waitFor(/^24\n/);
    terminal.resize(60, 10);
    await terminal.waitFor(/^24\n(\d+\n){8}:/);
    expect(terminal.screen().split('\n')).toHaveLength(10);
    terminal.keys('Up', 'q');
    expect(await terminal.waitForExit()).toBe(0);
    expect(terminal.leftBehind()).toEqual([]);
    expect(terminal.keysSent).toBe(3);
  });

  test.each([
    ['stty -echo -icanon', ['the terminal is set to -icanon', 'the terminal is set to -echo']],
    [String.raw`printf '\033[?25l'`, ['the cursor is hidden']],
    [String.raw`printf '\033[?1049h'`, ['the alternate screen is on']],
    [String.raw`printf '\033[?1000h'`, ['the mouse is reported']],
    [String.raw`printf '\033[?2004h'`, ['pasted text comes in brackets']],
    [String.raw`printf '\033[2;9r'`, ['a part of the screen does not scroll']],
    [String.raw`printf '\033[1;38;5;3mwarning'`, ['text comes in bold or faint, a colour']],
    [String.raw`printf '\033[1;31mred\033[22;39m'; printf '\033[?2004h\033[?2004l'`, []],
  ])('what is left behind is told: %s', async (script, problems) => {
    const terminal = await start({ command: sh(script) });
    await terminal.waitForExit();
    const told = terminal.leftBehind().join('\n');
    for (const problem of problems) expect(told).toContain(problem);
    if (problems.length === 0) expect(told).toBe('');
  });

  test('a paste comes in brackets only to a program that asks for them, and its newlines as Enter', async () => {
    const shown = 'stty -icanon -echo min 1; dd bs=1 count="$0" 2>/dev/null | od -An -c';
    const asking = String.raw`printf '\033[?2004h'; `;
    const paste = async (script: string, bytes: number, plain: boolean) => {
      const terminal = await start({ command: ['sh', '-c', `${script}echo ready; ${shown}`, String(bytes)] });
      await terminal.waitFor('ready');
      terminal.paste('a\nb', { plain });
      await terminal.waitForExit();
      return terminal.screen().replaceAll(/\s+/g, ' ');
    };
    expect(await paste('', 3, false)).toContain(String.raw`a \n b`);
    expect(await paste(asking, 15, false)).toContain('033 [ 2 0 0 ~ a');
    expect(await paste(asking, 3, true)).toContain(String.raw`ready a \n b`);
  });

  test('a terminal that goes away hangs up on the program, whose end is still known', async () => {
    const script = 'trap "exit 9" HUP; echo ready; while :; do sleep 0.05; done';
    const terminal = await start({ command: sh(script) });
    await terminal.waitFor('ready');
    terminal.hangUp();
    expect(await terminal.waitForExit()).toBe(9);
    expect(terminal.screen()).toContain('ready');
  });

  test('Ctrl-C reaches the program, and not the shell around it', async () => {
    const terminal = await start({ command: sh('echo ready; exec cat') });
    await terminal.waitFor('ready');
    terminal.keys('C-c');
    expect(await terminal.waitForExit()).toBe(130);
    expect(terminal.leftBehind()).toEqual([]);
    terminal.keys('C-c', 'C-z', 'C-\\', 'x');
    await terminal.waitFor(/\^C.*x/s);
  });

  test('what never comes is told with the last screen', async () => {
    const terminal = await start({ command: ['cat'], columns: 40, rows: 5 });
    terminal.type('hello');
    await terminal.waitFor('hello');
    await expect(terminal.waitFor(/good ?bye/, { seconds: 0.2 })).rejects.toThrow(
      /the screen did not show \/good \?bye\/ within 0\.2 s\.\nThe command runs\. TERM=xterm-256color: cat\nKeys so far: "hello"\n┌─{40}┐\n│hello {35}│\n/,
    );
    await expect(terminal.waitForExit({ seconds: 0.2 })).rejects.toThrow(/the command did not end/);
  });

  test('closing ends also what would not be hung up on, and leaves no file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvmedic-terminal-test-'));
    try {
      const script = `trap "" HUP TERM INT; echo $$ > ${folder}/pid; echo ready; while :; do sleep 0.05; done`;
      const terminal = await start({ command: sh(script) });
      await terminal.waitFor('ready');
      const pid = readFileSync(join(folder, 'pid'), 'utf8').trim();
      terminal.close();
      await sleep(100);
      expect(isRunning(pid)).toBe(false);
      terminal.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
