import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { type DamagedMachine, damagedMachine } from '../../vm-harness/terminal/damaged-machine.ts';
import {
  type FaceName,
  type Guided,
  type GuidedOptions,
  PAGES,
  startGuided,
} from '../../vm-harness/terminal/guided.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';

const unavailable = labUnavailable() ?? tmuxUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: keys of the guided repair, for them ${unavailable}.`);

afterAll(removeTemporaryFolders);

/** None of them is offered on any page, or only where the test says so. */
const MEANINGLESS = [
  'x',
  'Q',
  'B',
  '0',
  '8',
  '9',
  'Tab',
  'Left',
  'Right',
  'BSpace',
  'F1',
  'Home',
  'C-a',
  'C-z',
  'M-q',
];

describe.skipIf(unavailable !== null)('keys of the guided repair', () => {
  let machine: DamagedMachine;
  let guided: Guided;
  beforeAll(() => {
    machine = damagedMachine('incident/a1-archive');
  });
  afterEach(() => {
    guided?.terminal.close();
    expect(machine.changedDisks()).toEqual([]);
  });
  afterAll(() => machine?.dispose());

  async function start(face: FaceName, options: GuidedOptions = {}): Promise<void> {
    guided = await startGuided(machine, face, { name: `guided-keys-${face}`, ...options });
  }

  test('screen: b and Esc lead back from the confirmation to the first page', async () => {
    await start('screen');
    await guided.to(PAGES.confirmation);
    for (const [key, title] of [
      ['b', PAGES.rehearsal],
      ['Escape', PAGES.choices],
      ['b', PAGES.machine],
      // There is nothing further back.
      ['b', PAGES.machine],
      ['Escape', PAGES.machine],
    ] as const) {
      guided.terminal.keys(key);
      await guided.at(title);
    }
  });

  test('screen: what means nothing changes nothing, Ctrl-Z stops nothing', async () => {
    await start('screen');
    const { terminal } = guided;
    for (const title of [PAGES.machine, PAGES.choices, PAGES.rehearsal]) {
      await guided.at(title);
      const before = terminal.screen();
      terminal.keys(...MEANINGLESS);
      expect(await terminal.waitUntilQuiet()).toBe(before);
      guided.take(1);
    }
    await guided.at(PAGES.confirmation);
  });

  test('screen: the arrows mark, Enter takes what is marked, and the ends hold', async () => {
    await start('screen');
    const { terminal } = guided;
    await guided.at(PAGES.machine);
    const press = async (key: string, marked: RegExp) => {
      terminal.keys(key);
      await terminal.waitFor(marked);
    };
    await press('Down', /› 2\)/);
    await press('Down', /› 3\)/);
    terminal.keys('Down');
    await press('Up', /› 2\)/);
    await press('Up', /› 1\)/);
    terminal.keys('Up');
    await press('Down', /› 2\)/);
    guided.enter();
    await guided.at('What is wrong (1)');
    guided.press('b');
    await guided.at(PAGES.machine);
    expect(terminal.screen()).toMatch(/› 1\)/);
  });

  test('screen: arrows and Enter that come in one go take what they point at', async () => {
    await start('screen');
    await guided.at(PAGES.machine);
    guided.terminal.paste('\x1b[B\x1b[B\r', { plain: true });
    await guided.terminal.waitUntilQuiet({ quietMs: 1000 });
    // The third choice is to look again: whatever comes first is not what they point at.
    await guided.at(PAGES.machine, { seconds: 1 });
  });

  test('screen: help and log open on every page, and give back the page they cover', async () => {
    await start('screen');
    const { terminal } = guided;
    for (const [title, open, over, close] of [
      [PAGES.machine, '?', PAGES.help, 'b'],
      [PAGES.choices, 'l', PAGES.log, 'Enter'],
      [PAGES.rehearsal, '?', PAGES.help, 'Escape'],
      [PAGES.confirmation, 'l', PAGES.log, 'b'],
    ] as const) {
      await guided.at(title);
      const before = terminal.screen();
      guided.press(open);
      await guided.at(over);
      terminal.keep(over);
      terminal.keys(close);
      await guided.at(title);
      expect(terminal.screen()).toBe(before);
      if (title !== PAGES.confirmation) guided.take(1);
    }
  });

  test('screen: a log that does not fit is read by pages and to its ends, line by line as it was said', async () => {
    await start('screen');
    const { terminal } = guided;
    await guided.to(PAGES.rehearsal);
    guided.press('l');
    await guided.at(PAGES.log);
    expect(terminal.screen()).toMatch(/-- \d+ more above/);
    const end = terminal.screen();
    for (const [up, down, times] of [
      ['PPage', 'NPage', 3],
      ['-', 'Space', 3],
      ['Home', 'End', 1],
      ['g', 'G', 1],
    ] as const) {
      terminal.keys(...Array<string>(times).fill(up));
      await terminal.waitFor(/\n Looking at the disks/);
      expect(await terminal.waitUntilQuiet()).toMatch(/-- \d+ more below/);
      terminal.keys(...Array<string>(times).fill(down));
      await terminal.waitFor(/-- \d+ more above/);
      expect(await terminal.waitUntilQuiet()).toBe(end);
    }
    // Held down on a slow line, a key comes several times in one read.
    terminal.send('\x1b[5~'.repeat(3));
    await terminal.waitFor(/\n Looking at the disks/);
    terminal.send('\x1b[6~'.repeat(3));
    await terminal.waitFor(/-- \d+ more above \(PgUp\) --/);
    expect(await terminal.waitUntilQuiet()).toBe(end);
    guided.press('b');
    await guided.at(PAGES.rehearsal);
  });

  test('screen: keys that come all in one go on the first page repair nothing', async () => {
    await start('screen');
    const { terminal } = guided;
    for (const burst of [
      ...['111y', '1\n1\n1\ny\n'],
      // In these, every key comes as one of its own.
      ...['1\x1b[B\x1b[A1\x1b[B\x1b[A1\x1b[B\x1b[Ay', '\x7f1\x7f1\x7f1\x7fy\x7f'],
    ]) {
      await guided.at(PAGES.machine);
      terminal.paste(burst, { plain: true });
      await terminal.waitUntilQuiet({ quietMs: 600 });
      expect(terminal.screen(), JSON.stringify(burst)).not.toContain(PAGES.result);
      terminal.keys('Escape', 'Escape', 'Escape');
    }
    await guided.at(PAGES.machine);
  });

  test.each<FaceName>(['prompts', 'drawn prompts'])(
    '%s: b goes back, and what cannot be understood is asked again',
    async (face) => {
      await start(face);
      await guided.at(PAGES.machine);
      for (const wrong of ['0', '4', '99999999999999999999', '1.0', '-1', 'x', 'b', 'back', '١']) {
        guided.line(wrong);
        await guided.told('Please answer with a number from 1 to 3');
      }
      guided.line(' 1 ');
      await guided.at(PAGES.choices);
      guided.take(1);
      await guided.at(PAGES.rehearsal);
      for (const [letter, title] of [
        ['L', PAGES.log],
        ['b', PAGES.rehearsal],
        ['?', PAGES.help],
        ['', PAGES.rehearsal],
        ['b', PAGES.choices],
        ['B', PAGES.machine],
      ] as const) {
        guided.line(letter);
        await guided.at(title);
      }
    },
  );
});
