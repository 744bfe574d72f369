import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { createLv, standard, VG, vgDisks } from '../../vm-harness/lab/layouts.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { declined } from '../../vm-harness/recipes/recipe.ts';
import { type DamagedMachine, damagedMachine, machineOf } from '../../vm-harness/terminal/damaged-machine.ts';
import { type Guided, PAGES, startGuided } from '../../vm-harness/terminal/guided.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';

const unavailable = labUnavailable() ?? tmuxUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: what the rehearsal announces, for it ${unavailable}.`);

afterAll(removeTemporaryFolders);

describe.skipIf(unavailable !== null)('what the rehearsal announces', () => {
  let machine: DamagedMachine;
  let guided: Guided;
  afterEach(() => {
    guided?.terminal.close();
    machine?.dispose();
  });

  test.each([
    // lvm writes one generation more for each logical volume that it drops.
    'lvm2-pv-absent',
    'lvm2-pv-absent/holds-no-lv',
    'lvm2-metadata-split-brain/different-lvs',
    'incident/a1-archive',
  ])('%s: the generation that the disks then have', async (recipe) => {
    machine = damagedMachine(recipe);
    guided = await startGuided(machine, 'prompts', { name: 'guided-rehearsal' });
    await guided.to(PAGES.rehearsal);
    const said = guided.terminal.screen();
    const [, announced] = /Afterwards:\n +volume group [^\n]*generation (\d+)\n/.exec(said) ?? [];
    guided.take(1);
    const { question } = await guided.at(PAGES.confirmation);
    guided.line(question?.includes('type the name') ? VG : 'y');
    await guided.at(PAGES.result);
    const group = machine.world.report('vgs', 'vg_name,vg_seqno').find((row) => row.vg_name === VG);
    expect(announced).toBe(group?.vg_seqno);
  });

  test('a disk with a dozen volumes can be given up: each of them is a generation of its own', async () => {
    machine = manyVolumes();
    guided = await startGuided(machine, 'prompts');
    const { labels } = await guided.to(PAGES.rehearsal);
    expect(labels).toEqual(['Go on to the confirmation: nothing is written yet']);
  });
});

function manyVolumes(): DamagedMachine {
  const world = prepare({
    id: 'guided/many-volumes',
    title: 'a disk with a dozen logical volumes was not restored',
    seeds: [],
    disks: vgDisks(2),
    build: standard(2, {
      also: (built) => {
        for (let n = 0; n < 10; n++) createLv(built, `spool${n}`, [`d2:${28 + n}-${28 + n}`]);
      },
    }),
    break: (built) => built.pullOut('d2'),
    expect: declined(/absent/, 'lvm2-pv-absent'),
  });
  return machineOf(world);
}
