import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { type DamagedMachine, damagedMachine } from '../../vm-harness/terminal/damaged-machine.ts';
import { type Guided, type GuidedOptions, PAGES, startGuided } from '../../vm-harness/terminal/guided.ts';
import { HeldLvm } from '../../vm-harness/terminal/held-lvm.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';

const unavailable = labUnavailable() ?? tmuxUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: windows that change their size, for them ${unavailable}.`);

afterAll(removeTemporaryFolders);

const TOO_SMALL = /This window is too small \(60x20\)\. Make it 80x24/;
/** Long enough for the resize and its frame. */
const SETTLED = { quietMs: 500 };

describe.skipIf(unavailable !== null)('a window that changes its size', () => {
  let machine: DamagedMachine;
  let lvm: HeldLvm;
  let guided: Guided;
  beforeAll(() => {
    machine = damagedMachine('incident/a1-archive');
    lvm = new HeldLvm(machine.world);
  });
  afterEach(() => {
    guided?.terminal.close();
    lvm.release();
    expect(machine.changedDisks()).toEqual([]);
  });
  afterAll(() => machine?.dispose());

  async function start(options: GuidedOptions = {}): Promise<void> {
    guided = await startGuided(machine, 'screen', { args: ['--lvm', lvm.path], ...options });
  }

  test('too small says what to do, and back at 80x24 every page is whole again', async () => {
    await start();
    const { terminal } = guided;
    for (const title of [PAGES.machine, PAGES.choices, PAGES.rehearsal]) {
      await guided.at(title);
      const before = terminal.screen();
      terminal.resize(60, 20);
      await terminal.waitFor(TOO_SMALL);
      terminal.resize(80, 24);
      await guided.at(title);
      expect(await terminal.waitUntilQuiet()).toBe(before);
      if (title !== PAGES.rehearsal) guided.take(1);
    }
  });

  test('what is answered to a window that is too small confirms nothing; q leaves it', async () => {
    await start();
    const { terminal } = guided;
    await guided.to(PAGES.confirmation);
    terminal.resize(60, 20);
    await terminal.waitFor(TOO_SMALL);
    terminal.keys('y', 'Enter', '1');
    terminal.resize(80, 24);
    await guided.at(PAGES.confirmation);
    terminal.resize(79, 24);
    await terminal.waitFor(/too small \(79x24\)/);
    terminal.keys('q');
    expect(await terminal.waitForExit()).toBe(4 + 32);
    expect(terminal.leftBehind()).toEqual([]);
  });

  test('a resize while lvm works loses nothing of what it does', async () => {
    await start();
    const { terminal } = guided;
    lvm.hold('rehearsal');
    await guided.to(PAGES.choices);
    guided.take(1);
    await lvm.reached('rehearsal');
    const before = await terminal.waitUntilQuiet(SETTLED);
    expect(before).toContain('Rehearsing the repair of vm1-vg');
    terminal.resize(60, 20);
    await terminal.waitFor(TOO_SMALL);
    terminal.resize(200, 50);
    await terminal.waitFor(/Rehearsing the repair/);
    terminal.resize(80, 24);
    await terminal.waitFor(/Rehearsing the repair/);
    expect(await terminal.waitUntilQuiet(SETTLED)).toBe(before);
    terminal.resize(60, 20);
    lvm.release();
    await terminal.waitFor(TOO_SMALL);
    terminal.resize(80, 24);
    await guided.at(PAGES.rehearsal);
    expect(terminal.screen()).toContain('it works');
  });

  test('the marked choice is kept in a wider and a higher window', async () => {
    await start();
    const { terminal } = guided;
    await guided.at(PAGES.machine);
    terminal.keys('Down', 'Down');
    await terminal.waitFor(/› 3\)/);
    terminal.resize(100, 30);
    await terminal.waitFor(/─{98}/);
    await guided.at(PAGES.machine);
    expect(terminal.screen()).toMatch(/› 3\)/);
  });

  test('a narrower window is drawn whole', async () => {
    await start({ columns: 120 });
    const { terminal } = guided;
    await guided.at(PAGES.machine);
    await terminal.waitUntilQuiet(SETTLED);
    terminal.resize(80, 24);
    await terminal.waitFor(/\n ─{78}\n/);
    const screen = await terminal.waitUntilQuiet(SETTLED);
    expect(screen).toMatch(/^ lvmedic: This machine\n ─{78}\n 1 thing is wrong:\n/);
    expect(screen.match(/\n ─+/g)).toHaveLength(2);
  });
});
