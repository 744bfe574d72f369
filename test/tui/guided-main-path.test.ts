import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { repairProblems } from '../../vm-harness/lab/check.ts';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { type DamagedMachine, damagedMachine } from '../../vm-harness/terminal/damaged-machine.ts';
import { type FaceName, type Guided, PAGES, startGuided } from '../../vm-harness/terminal/guided.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';

const unavailable = labUnavailable() ?? tmuxUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: the guided repair on a terminal, for it ${unavailable}.`);

afterAll(removeTemporaryFolders);

const MOST_KEYS_BESIDE_THE_YES = 4;

describe.skipIf(unavailable !== null)('the guided repair of the first incident', () => {
  let machine: DamagedMachine;
  let guided: Guided;
  afterEach(() => {
    guided?.terminal.close();
    machine?.dispose();
  });

  async function start(face: FaceName, name: string): Promise<void> {
    machine = damagedMachine('incident/a1-archive');
    guided = await startGuided(machine, face, { name });
  }

  /** By Enter alone, which is what a person in a hurry presses. */
  async function repairByEnter(): Promise<void> {
    for (const title of [PAGES.machine, PAGES.choices, PAGES.rehearsal]) {
      await guided.at(title);
      guided.terminal.keep(title);
      guided.enter();
    }
    await guided.at(PAGES.confirmation);
    guided.terminal.keep(PAGES.confirmation);
    expect(machine.changedDisks()).toEqual([]);
    guided.yes();
    await guided.at(PAGES.result);
    guided.terminal.keep(PAGES.result);
    expect(machine.changedDisks()).toEqual(['d1', 'd2']);
  }

  test.each<[FaceName, string]>([
    ['screen', 'guided-a1'],
    ['prompts', 'guided-a1-dumb'],
    ['drawn prompts', 'guided-a1-vt220'],
  ])('%s: a few keys from the damaged machine to the repaired one', async (face, name) => {
    await start(face, name);
    const { terminal } = guided;
    await repairByEnter();
    // Here no boot can go on: one key more is what that takes.
    const keys = terminal.keysSent - guided.yesKeys + 1;
    expect(keys).toBeLessThanOrEqual(MOST_KEYS_BESIDE_THE_YES);
    guided.press('q');
    expect(await terminal.waitForExit()).toBe(1);
    expect(terminal.leftBehind()).toEqual([]);
    expect(terminal.screen()).toContain('Repaired and verified');
    expect(terminal.screen()).toMatch(/lvmedic undo \d/);
    const output = terminal.output();
    if (face === 'prompts') expect(output).not.toContain('\x1b');
    if (face !== 'screen') {
      expect(output.search(/[^\x00-\x7f]/)).toBe(-1);
      // What a page says was not told before it as well.
      expect(output.match(/Rehearsed with the same commands|Repaired and verified/g)).toHaveLength(2);
    }
    expect(repairProblems(machine.world)).toEqual([]);
  });

  test.each<FaceName>(['screen', 'prompts'])('%s: the undo brings every byte back', async (face) => {
    await start(face, `guided-undo-${face}`);
    const { terminal } = guided;
    await repairByEnter();
    const { labels } = await guided.at(PAGES.result);
    guided.take(labels.indexOf('Undo the repair, byte for byte') + 1);
    await guided.at(PAGES.undo);
    guided.backFromQuestion();
    await guided.at(PAGES.result);
    expect(machine.changedDisks()).toEqual(['d1', 'd2']);
    guided.take(labels.indexOf('Undo the repair, byte for byte') + 1);
    const { question } = await guided.at(PAGES.undo);
    expect(question).toBe('Take the repair back now?');
    terminal.keep(PAGES.undo);
    guided.yes();
    const { labels: afterUndo } = await guided.at(PAGES.undone);
    terminal.keep(PAGES.undone);
    expect(machine.changedDisks()).toEqual([]);
    guided.take(afterUndo.indexOf('Look at the disks again') + 1);
    await guided.at(PAGES.machine);
    expect(terminal.screen()).toContain('1 thing is wrong');
    guided.press('q');
    // Faults are left, and whoever repaired took it back.
    expect(await terminal.waitForExit()).toBe(4 + 32);
    expect(terminal.leftBehind()).toEqual([]);
    expect(machine.changedDisks()).toEqual([]);
  });
});
