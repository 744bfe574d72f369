import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { type DamagedMachine, damagedMachine } from '../../vm-harness/terminal/damaged-machine.ts';
import { type Guided, type GuidedOptions, PAGES, startGuided } from '../../vm-harness/terminal/guided.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';

const unavailable = labUnavailable() ?? tmuxUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: terminals of all kinds, for them ${unavailable}.`);

afterAll(removeTemporaryFolders);

const NO_TERMINAL = 16;
/** Codes of SGR that colour something; those of bold, faint and inverse are others. */
const COLOUR = /\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]/;
const ALTERNATE_SCREEN = /\x1b\[\?(?:47|1047|1049)[hl]/;
const NOT_ASCII = /[^\x00-\x7f]/;

describe.skipIf(unavailable !== null)('the guided repair on terminals of all kinds', () => {
  let machine: DamagedMachine;
  let guided: Guided | null = null;
  beforeAll(() => {
    machine = damagedMachine('incident/a1-archive');
  });
  afterEach(() => {
    guided?.terminal.close();
    guided = null;
    expect(machine.changedDisks()).toEqual([]);
  });
  afterAll(() => machine?.dispose());

  /** All that the full screen wrote from the first page on, and until the terminal was given back. */
  async function screenOutput(options: GuidedOptions): Promise<string> {
    guided = await startGuided(machine, 'screen', options);
    await guided.to(PAGES.choices);
    guided.terminal.keys('C-c');
    await guided.terminal.waitForExit();
    expect(guided.terminal.leftBehind()).toEqual([]);
    return guided.terminal.output();
  }

  test('xterm in UTF-8: colours, lines of a tree, a screen of its own', async () => {
    const output = await screenOutput({});
    expect(output).toMatch(COLOUR);
    expect(output).toMatch(/├─/);
    expect(output).toMatch(ALTERNATE_SCREEN);
    // What stood there before is there again.
    expect(guided?.terminal.screen()).not.toContain(PAGES.machine);
  });

  test.each<[string, GuidedOptions]>([
    ['NO_COLOR', { env: { NO_COLOR: '1' } }],
    ['--no-color', { args: ['--no-color'] }],
  ])('%s: no colour is ever sent', async (_, options) => {
    expect(await screenOutput(options)).not.toMatch(COLOUR);
  });

  test.each(['linux', 'vt220'] as const)(
    'TERM=%s in the locale C: ASCII alone, and no second screen',
    async (term) => {
      const output = await screenOutput({ term, encoding: 'C' });
      expect(NOT_ASCII.exec(output)?.index ?? -1).toBe(-1);
      expect(output).not.toMatch(ALTERNATE_SCREEN);
      expect(output).toContain('|- ');
    },
  );

  test('xterm in the locale C: ASCII alone', async () => {
    expect(await screenOutput({ encoding: 'C' })).not.toMatch(NOT_ASCII);
  });

  test.each<[string, GuidedOptions]>([
    ['--plain', { args: ['--plain'] }],
    ['ACCESSIBLE=1', { env: { ACCESSIBLE: '1' } }],
    ['TERM is not set', { through: ['env', '-u', 'TERM'] }],
    ['TERM is empty', { env: { TERM: '' } }],
    ['TERM=dumb, --screen all the same', { term: 'dumb', args: ['--screen'] }],
  ])('%s: numbered prompts, without an escape sequence', async (_, options) => {
    guided = await startGuided(machine, 'prompts', { term: 'xterm-256color', ...options });
    const { labels } = await guided.at(PAGES.machine);
    expect(labels[0]).toBe('See what can be done');
    guided.press('q');
    expect(await guided.terminal.waitForExit()).toBe(4 + 32);
    expect(guided.terminal.output()).not.toContain('\x1b');
    expect(guided.terminal.leftBehind()).toEqual([]);
  });

  test.each([
    [79, 24],
    [80, 23],
    [20, 5],
  ])('a window of %i columns and %i rows: numbered prompts', async (columns, rows) => {
    guided = await startGuided(machine, 'drawn prompts', { columns, rows });
    await guided.terminal.waitFor(/means 1:/, { seconds: 20 });
    guided.terminal.keys('C-c');
    expect(await guided.terminal.waitForExit()).toBe(4 + 32);
    expect(guided.terminal.leftBehind()).toEqual([]);
  });

  test.each<[string, readonly ('ignore' | 'inherit' | 'pipe')[]]>([
    ['stdin is no terminal', ['ignore', 'pipe', 'pipe']],
  ])('%s: says so and how to do without, and looks at no disk', (_, stdio) => {
    const [command = '', ...args] = machine.lvmedic(...machine.nodes);
    const ran = spawnSync(command, args, {
      encoding: 'utf8',
      stdio: [...stdio],
      env: { PATH: process.env.PATH, TERM: 'xterm', ...machine.env },
    });
    expect(ran.status).toBe(NO_TERMINAL);
    expect(ran.stderr).toContain('needs a terminal');
    expect(ran.stderr).toContain('--unattended');
    expect(ran.stdout).toBe('');
  });

  test('only stdout goes elsewhere: says so on the terminal', async () => {
    guided = await startGuided(machine, 'prompts', { through: ['sh', '-c', 'exec "$@" > /dev/null', 'sh'] });
    expect(await guided.terminal.waitForExit()).toBe(NO_TERMINAL);
    expect(guided.terminal.screen()).toContain('needs a terminal');
  });
});
