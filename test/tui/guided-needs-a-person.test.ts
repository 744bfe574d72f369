import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { VG } from '../../vm-harness/lab/layouts.ts';
import { type DamagedMachine, damagedMachine } from '../../vm-harness/terminal/damaged-machine.ts';
import { type FaceName, type Guided, PAGES, startGuided } from '../../vm-harness/terminal/guided.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';

const unavailable = labUnavailable() ?? tmuxUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: what a person must decide, for it ${unavailable}.`);

afterAll(removeTemporaryFolders);

const FACES: readonly FaceName[] = ['screen', 'prompts', 'drawn prompts'];
/** Both delete logical volumes for good. */
const LOSSY = 'lvm2-pv-absent';
const UNDECIDED = 'lvm2-metadata-split-brain/different-lvs';

describe.skipIf(unavailable !== null)('a repair that a person must answer for', () => {
  let machine: DamagedMachine;
  let guided: Guided;
  afterEach(() => {
    guided?.terminal.close();
    machine?.dispose();
  });

  async function toTheQuestion(face: FaceName, recipe: string): Promise<void> {
    machine = damagedMachine(recipe);
    guided = await startGuided(machine, face, { name: `guided-name-${face}` });
    const { question } = await guided.to(PAGES.confirmation);
    expect(question).toBe(`To do this, type the name of the volume group, ${VG}`);
  }

  async function refused(answer: () => void): Promise<void> {
    answer();
    await guided.at(PAGES.confirmation);
    await guided.terminal.waitFor('That was not the name. Nothing was done.');
    expect(machine.changedDisks()).toEqual([]);
  }

  test.each(FACES)('%s: y, a wrong name and half a name give no disk up; the name does', async (face) => {
    await toTheQuestion(face, LOSSY);
    for (const wrong of ['y', 'other-vg', VG.slice(0, -1), `${VG}x`]) {
      await refused(() => guided.line(wrong));
    }
    guided.terminal.keep('a wrong name');
    guided.line(VG);
    await guided.at(PAGES.result);
    expect(machine.changedDisks()).toEqual(['d1']);
    guided.press('q');
    expect(await guided.terminal.waitForExit()).toBe(1);
    expect(guided.terminal.leftBehind()).toEqual([]);
    const [group] = machine.world
      .report('vgs', 'vg_name,vg_missing_pv_count')
      .filter((row) => row.vg_name === VG);
    expect(group?.vg_missing_pv_count).toBe('0');
  });

  test.each<FaceName>(['screen', 'prompts'])(
    '%s: no side of a split group wins by a y, by Enter or by going back',
    async (face) => {
      await toTheQuestion(face, UNDECIDED);
      await refused(() => guided.line('y'));
      guided.backFromQuestion();
      await guided.at(PAGES.rehearsal);
      guided.take(1);
      const { question } = await guided.at(PAGES.confirmation);
      expect(question).toContain(VG);
      guided.backFromQuestion();
      await guided.at(PAGES.rehearsal);
      guided.press('q');
      expect(await guided.terminal.waitForExit()).toBe(4 + 32);
      expect(machine.changedDisks()).toEqual([]);
      expect(guided.terminal.leftBehind()).toEqual([]);
    },
  );

  test('screen: a pasted name is no answer, for nobody typed it; a corrected one counts as it stands', async () => {
    await toTheQuestion('screen', LOSSY);
    const { terminal } = guided;
    terminal.paste(VG);
    await terminal.waitUntilQuiet();
    // Nothing was typed: that goes back.
    terminal.keys('Enter');
    await guided.at(PAGES.rehearsal);
    guided.take(1);
    await guided.at(PAGES.confirmation);
    terminal.paste(`${VG}\n`);
    await terminal.waitUntilQuiet();
    await guided.at(PAGES.confirmation);
    terminal.type(`${VG}xy`);
    terminal.keys('BSpace', 'BSpace');
    await terminal.waitFor(`, ${VG}: ${VG}`);
    expect(machine.changedDisks()).toEqual([]);
    guided.line('');
    await guided.at(PAGES.result);
    expect(machine.changedDisks()).toEqual(['d1']);
  });
});

describe.skipIf(unavailable !== null)('the yes to a safe repair', () => {
  let machine: DamagedMachine;
  let guided: Guided;
  afterEach(() => {
    guided?.terminal.close();
    machine?.dispose();
  });

  test('screen: a pasted y, Enter, n and every other key are no', async () => {
    machine = damagedMachine('incident/a1-archive');
    guided = await startGuided(machine, 'screen');
    const { terminal } = guided;
    await guided.to(PAGES.confirmation);
    terminal.paste('y');
    terminal.paste('y\n');
    for (const key of ['x', '1', 'j', 'Up', 'Down', 'Left', 'Tab', 'BSpace', 'Home', 'F5', 'C-y', 'M-y']) {
      terminal.keys(key);
    }
    await guided.at(PAGES.confirmation);
    for (const no of ['n', 'Enter']) {
      terminal.keys(no);
      await guided.at(PAGES.rehearsal);
      guided.take(1);
      await guided.at(PAGES.confirmation);
    }
    expect(machine.changedDisks()).toEqual([]);
  });

  test('prompts: whatever is not y or yes is no', async () => {
    machine = damagedMachine('incident/a1-archive');
    guided = await startGuided(machine, 'prompts');
    await guided.to(PAGES.confirmation);
    for (const answer of ['n', 'x', 'yy', 'no', '1', '', 'y n', 'yes!']) {
      guided.line(answer);
      await guided.at(PAGES.rehearsal);
      guided.take(1);
      await guided.at(PAGES.confirmation);
    }
    expect(machine.changedDisks()).toEqual([]);
  });
});
