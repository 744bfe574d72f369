import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { type DamagedMachine, damagedMachine } from '../../vm-harness/terminal/damaged-machine.ts';
import { type FaceName, type Guided, PAGES, startGuided } from '../../vm-harness/terminal/guided.ts';
import { HeldLvm } from '../../vm-harness/terminal/held-lvm.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';

const unavailable = labUnavailable() ?? tmuxUnavailable();
if (unavailable !== null)
  console.warn(`SKIPPED: what is typed ahead of its question, for it ${unavailable}.`);

afterAll(removeTemporaryFolders);

describe.skipIf(unavailable !== null)('what was typed ahead of its question is no answer to it', () => {
  let machine: DamagedMachine;
  let guided: Guided;
  let lvm: HeldLvm;
  beforeEach(() => {
    machine = damagedMachine('incident/a1-archive');
    lvm = new HeldLvm(machine.world);
  });
  afterEach(() => {
    guided?.terminal.close();
    machine?.dispose();
  });

  async function start(face: FaceName): Promise<void> {
    guided = await startGuided(machine, face, { args: ['--lvm', lvm.path] });
  }

  test.each<FaceName>(['prompts', 'drawn prompts'])(
    '%s: a yes in one go with the answer before it',
    async (face) => {
      await start(face);
      await guided.to(PAGES.rehearsal);
      guided.terminal.paste('1\ny\n', { plain: true });
      await guided.told('Repair vm1-vg now?');
      await guided.terminal.waitUntilQuiet({ quietMs: 700 });
      expect(machine.changedDisks()).toEqual([]);
    },
  );

  test.each<FaceName>(['screen', 'prompts', 'drawn prompts'])(
    '%s: whatever is typed while it works',
    async (face) => {
      await start(face);
      const typeAhead = async () => {
        guided.terminal.keys('Enter', 'y', 'Enter', '1', 'Enter', 'y', 'Enter');
        await guided.terminal.waitUntilQuiet();
      };
      lvm.hold('rehearsal');
      await guided.to(PAGES.choices);
      guided.take(1);
      await lvm.reached('rehearsal');
      await typeAhead();
      lvm.release();
      await guided.at(PAGES.rehearsal, { seconds: 3 });
      await guided.terminal.waitUntilQuiet({ quietMs: 500 });
      await guided.at(PAGES.rehearsal, { seconds: 1 });
      expect(machine.changedDisks()).toEqual([]);
      lvm.hold('repaired');
      guided.take(1);
      await guided.at(PAGES.confirmation);
      guided.yes();
      await lvm.reached('repaired');
      await typeAhead();
      lvm.release();
      await guided.at(PAGES.result);
      await guided.terminal.waitUntilQuiet({ quietMs: 500 });
      await guided.at(PAGES.result, { seconds: 1 });
      expect(machine.changedDisks()).toEqual(['d1', 'd2']);
    },
  );
});
