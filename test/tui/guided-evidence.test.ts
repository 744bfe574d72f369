import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { VG } from '../../vm-harness/lab/layouts.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { editText } from '../../vm-harness/recipes/damage.ts';
import {
  type DamagedMachine,
  damagedMachine,
  machineOf,
  recipeCalled,
} from '../../vm-harness/terminal/damaged-machine.ts';
import { type Guided, PAGES, startGuided } from '../../vm-harness/terminal/guided.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';

const unavailable = labUnavailable() ?? tmuxUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: how lvmedic knows, for it ${unavailable}.`);

afterAll(removeTemporaryFolders);

describe.skipIf(unavailable !== null)('how lvmedic knows', () => {
  let machine: DamagedMachine;
  let guided: Guided;
  afterEach(() => {
    guided?.terminal.close();
    machine?.dispose();
  });

  test.each([
    ['no text at all', '\x1b]0;owned\x07 {\r\n', /CRC\s+holds: A name was expected \(it says there: /],
    ['a name that lvm refuses', 'vm1/vg', /CRC\s+holds: The\s+volume\s+group\s+has\s+no\s+valid\s+name/],
  ])('a text with a right CRC that is %s: what it says is wrong, not the CRC', async (_, name, wrong) => {
    const world = prepare(recipeCalled('lvm2-pv-marked-missing'));
    for (const disk of ['d1', 'd2']) editText(world, disk, (text) => text.replace(VG, name));
    machine = machineOf(world);
    guided = await startGuided(machine, 'screen', { name: 'guided-evidence', rows: 60 });
    const { labels } = await guided.at(PAGES.machine);
    guided.take(labels.indexOf('What is wrong, and how lvmedic knows') + 1);
    await guided.at('What is wrong (1)');
    guided.terminal.keep('a text with a right CRC');
    const screen = guided.terminal.screen();
    expect(screen).not.toMatch(/CRC (0x[0-9a-f]{8}); expected CRC \1/);
    expect(screen).toMatch(wrong);
  });

  test('a physical volume that two disks claim to be is not said to be on none of them', async () => {
    machine = damagedMachine('refusal/duplicate');
    guided = await startGuided(machine, 'screen', { columns: 160, rows: 60 });
    await guided.at(PAGES.machine);
    const screen = guided.terminal.screen();
    expect(screen).toMatch(/perhaps on \/dev\/loop\d+ or \/dev\/loop\d+ {2}!! see 1/);
    expect(screen).not.toContain('on none of the disks');
    expect(screen.match(/^ \/dev\/loop\d+ .* physical volume {2}!! see 1$/gm)).toHaveLength(2);
    expect(screen).toMatch(/home .* cannot be activated/);
  });
});
