import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { repairProblems } from '../../vm-harness/lab/check.ts';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { type DamagedMachine, damagedMachine } from '../../vm-harness/terminal/damaged-machine.ts';
import { type FaceName, type Guided, PAGES, startGuided } from '../../vm-harness/terminal/guided.ts';
import { HeldLvm } from '../../vm-harness/terminal/held-lvm.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';
import { loopsOver, processOn, tracesOf } from '../../vm-harness/terminal/traces.ts';

const unavailable = labUnavailable() ?? tmuxUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: leaving the guided repair, for it ${unavailable}.`);

afterAll(removeTemporaryFolders);

const REPAIRED = 1;
const LEFT_WITH_FAULTS = 4 + 32;
/** By a second SIGHUP, which reaches the process when it has ended its work and waits for nothing any more. */
const HUNG_UP = 128 + 1;

type Way = 'Ctrl-C' | 'q' | 'SIGTERM' | 'SIGHUP' | 'SIGINT' | 'the terminal goes away';
type Moment = keyof typeof PAGES | 'rehearsing' | 'repairing';

describe.skipIf(unavailable !== null)('leaving the guided repair', () => {
  let machine: DamagedMachine;
  let lvm: HeldLvm;
  let guided: Guided;
  let pid: number;
  let loops: string[];

  beforeAll(() => {
    machine = damagedMachine('incident/a1-archive');
    lvm = new HeldLvm(machine.world);
  });
  afterEach(() => {
    guided?.terminal.close();
    lvm.release();
  });
  afterAll(() => machine?.dispose());

  async function start(face: FaceName): Promise<void> {
    loops = loopsOver(machine.world.dir);
    guided = await startGuided(machine, face, { args: ['--lvm', lvm.path], name: 'guided-leaving' });
    await guided.at(PAGES.machine);
    pid = processOn(machine.world);
  }

  /** Goes to a page, or to the middle of what happens between two. */
  async function reach(moment: Moment): Promise<void> {
    if (moment === 'rehearsing') {
      lvm.hold('rehearsal');
      await guided.to(PAGES.choices);
      guided.take(1);
      await lvm.reached('rehearsal');
    } else if (moment === 'repairing') {
      // The disks have been changed by then.
      lvm.hold('repaired');
      await guided.to(PAGES.confirmation);
      guided.yes();
      await lvm.reached('repaired');
      expect(machine.changedDisks()).toEqual(['d1', 'd2']);
    } else if (moment === 'help' || moment === 'log') {
      guided.press(moment === 'help' ? '?' : 'l');
      await guided.at(PAGES[moment]);
    } else if (moment === 'result') {
      await guided.to(PAGES.confirmation);
      guided.yes();
      await guided.at(PAGES.result);
    } else {
      await guided.to(PAGES[moment]);
    }
  }

  function leave(way: Way): void {
    if (way === 'Ctrl-C') guided.terminal.keys('C-c');
    else if (way === 'q') guided.press('q');
    else if (way === 'the terminal goes away') guided.terminal.hangUp();
    else process.kill(pid, way);
  }

  async function ended(way: Way, status: number): Promise<void> {
    const isGone = way === 'the terminal goes away';
    const ends = await guided.terminal.waitForExit({ seconds: 15 });
    if (isGone) expect([status, HUNG_UP]).toContain(ends);
    else expect(ends).toBe(status);
    if (!isGone) expect(guided.terminal.leftBehind()).toEqual([]);
    expect(tracesOf(pid)).toEqual([]);
    expect(loopsOver(machine.world.dir)).toEqual(loops);
    expect(guided.terminal.output()).not.toContain('bug in lvmedic');
  }

  const unchanged: readonly (readonly [FaceName, Moment, Way])[] = [
    ['screen', 'machine', 'the terminal goes away'],
    ['screen', 'help', 'q'],
    ['screen', 'log', 'Ctrl-C'],
    ['screen', 'rehearsing', 'SIGTERM'],
    ['screen', 'rehearsing', 'the terminal goes away'],
    ['screen', 'confirmation', 'Ctrl-C'],
    ['prompts', 'machine', 'the terminal goes away'],
    ['prompts', 'choices', 'q'],
    ['prompts', 'rehearsing', 'Ctrl-C'],
    ['prompts', 'confirmation', 'SIGHUP'],
    ['prompts', 'confirmation', 'the terminal goes away'],
    ['drawn prompts', 'machine', 'SIGINT'],
    ['drawn prompts', 'rehearsal', 'Ctrl-C'],
    ['drawn prompts', 'confirmation', 'the terminal goes away'],
  ];
  test.each(unchanged)('%s, %s, %s: the disks are as they were', async (face, moment, way) => {
    await start(face);
    await reach(moment);
    leave(way);
    lvm.release();
    await ended(way, LEFT_WITH_FAULTS);
    expect(machine.changedDisks()).toEqual([]);
  });

  test('screen, rehearsing, q: leaves when the rehearsal is over', async () => {
    await start('screen');
    await reach('rehearsing');
    leave('q');
    await guided.terminal.waitFor('lvmedic: Stopping');
    lvm.release();
    await ended('q', LEFT_WITH_FAULTS);
    expect(machine.changedDisks()).toEqual([]);
  });

  test('screen, q while lvm writes: every byte goes back, and that is told', async () => {
    await start('screen');
    await reach('repairing');
    leave('q');
    await guided.terminal.waitFor('lvmedic: Stopping');
    // Twice is no way around it.
    guided.terminal.keys('C-c');
    lvm.release();
    const { labels } = await guided.at(PAGES.result);
    expect(guided.terminal.screen()).toContain('Stopped on request: the disks are as they were before.');
    expect(labels).toEqual(['Look at the disks again']);
    expect(machine.changedDisks()).toEqual([]);
    guided.press('q');
    await ended('q', LEFT_WITH_FAULTS);
  });

  test.each<[FaceName, Way]>([
    ['screen', 'SIGTERM'],
    ['screen', 'the terminal goes away'],
    ['prompts', 'Ctrl-C'],
    ['prompts', 'SIGTERM'],
    ['prompts', 'the terminal goes away'],
    ['drawn prompts', 'Ctrl-C'],
  ])('%s, %s while lvm writes: every byte goes back, and nobody is waited for', async (face, way) => {
    await start(face);
    await reach('repairing');
    leave(way);
    lvm.release();
    await ended(way, LEFT_WITH_FAULTS);
    expect(machine.changedDisks()).toEqual([]);
    if (way === 'the terminal goes away') return;
    expect(guided.terminal.scrollback()).toContain('Stopped on request: the disks are as they were before.');
  });
});

describe.skipIf(unavailable !== null)('leaving after the repair', () => {
  test.each<[FaceName, Way]>([
    ['screen', 'SIGTERM'],
    ['prompts', 'Ctrl-C'],
    ['prompts', 'the terminal goes away'],
  ])('%s, %s: the repair stands, and the exit status tells so', async (face, way) => {
    const machine = damagedMachine('incident/a1-archive');
    const guided = await startGuided(machine, face);
    const { terminal } = guided;
    try {
      await guided.to(PAGES.confirmation);
      const pid = processOn(machine.world);
      guided.yes();
      await guided.at(PAGES.result);
      if (way === 'Ctrl-C') terminal.keys('C-c');
      else if (way === 'SIGTERM') process.kill(pid, way);
      else terminal.hangUp();
      expect([REPAIRED, ...(way === 'the terminal goes away' ? [HUNG_UP] : [])]).toContain(
        await terminal.waitForExit(),
      );
      expect(tracesOf(pid)).toEqual([]);
      expect(repairProblems(machine.world)).toEqual([]);
    } finally {
      terminal.close();
      machine.dispose();
    }
  });
});
