import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders, run } from '../../vm-harness/lab/host.ts';
import { type DamagedMachine, damagedMachine } from '../../vm-harness/terminal/damaged-machine.ts';
import {
  type FaceName,
  type Guided,
  type GuidedOptions,
  PAGES,
  startGuided,
} from '../../vm-harness/terminal/guided.ts';
import { HeldLvm } from '../../vm-harness/terminal/held-lvm.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';

const unavailable = labUnavailable() ?? tmuxUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: what the guided repair cannot do, for it ${unavailable}.`);

afterAll(removeTemporaryFolders);

const FACES: readonly FaceName[] = ['screen', 'prompts'];
const LEFT_WITH_FAULTS = 4 + 32;
const OPERATIONAL_ERROR = 8;

describe.skipIf(unavailable !== null)('what the guided repair cannot do', () => {
  let machine: DamagedMachine;
  const open: Guided[] = [];
  beforeEach(() => {
    machine = damagedMachine('incident/a1-archive');
  });
  afterEach(() => {
    for (const guided of open.splice(0)) guided.terminal.close();
    machine?.dispose();
  });

  async function start(face: FaceName, options: GuidedOptions = {}): Promise<Guided> {
    const guided = await startGuided(machine, face, { name: 'guided-refusals', ...options });
    open.push(guided);
    return guided;
  }

  /** The page that says what did not work; it leads back, and out. */
  async function fails(guided: Guided, message: RegExp, back: string): Promise<void> {
    await guided.at(PAGES.failed);
    await guided.terminal.waitFor(message);
    guided.terminal.keep(PAGES.failed);
    guided.press('b');
    await guided.at(back);
    guided.press('q');
    expect(await guided.terminal.waitForExit()).toBe(LEFT_WITH_FAULTS);
    expect(guided.terminal.leftBehind()).toEqual([]);
    expect(machine.changedDisks()).toEqual([]);
  }

  test.each(FACES)('%s: disks that are read-only: no rehearsal for nothing, and why', async (face) => {
    const guided = await start(face, { targets: machine.world.loopTargets({ readOnly: true }) });
    await guided.to(PAGES.choices);
    guided.take(1);
    await fails(guided, /is read-only: make it\s+writable/, PAGES.choices);
  });

  test.each(['prompts'] as const)('%s: not root: looks, and says what needs root', async (face) => {
    const images = machine.world.imageTargets();
    run('chmod', ['0755', machine.world.dir]);
    run('chmod', ['0644', ...images]);
    const state = join(machine.world.dir, 'state-of-nobody');
    mkdirSync(state, { mode: 0o777 });
    const guided = await start(face, {
      targets: [...images, '--state-dir', state],
      through: ['setpriv', '--reuid=65534', '--clear-groups'],
    });
    await guided.to(PAGES.choices);
    guided.take(1);
    await fails(guided, /needs root/, PAGES.choices);
  });

  test.each(FACES)('%s: a named lvm that is not there: an error at once', async (face) => {
    const guided = await start(face, { args: ['--lvm', '/nonexistent/lvm'] });
    expect(await guided.terminal.waitForExit({ seconds: 15 })).toBe(OPERATIONAL_ERROR);
    expect(guided.terminal.screen()).toContain('/nonexistent/lvm is no lvm that runs here');
    expect(guided.terminal.leftBehind()).toEqual([]);
  });

  test.each(['screen'] as const)(
    '%s: no lvm on the machine: the rehearsal does not pass for one',
    async (face) => {
      const hide = 'mount --bind /dev/null "$(readlink -f "$(command -v lvm)")"; exec "$@"';
      const guided = await start(face, { through: ['unshare', '--mount', 'sh', '-c', hide, 'sh'] });
      const { labels } = await guided.at(PAGES.machine);
      expect(labels).toContain('What is wrong, and how lvmedic knows');
      if (labels[0] === 'See what can be done') {
        guided.take(1);
        await guided.at(PAGES.choices);
        guided.take(1);
        await fails(guided, /\blvm\b/, PAGES.choices);
      }
      expect(machine.changedDisks()).toEqual([]);
    },
  );

  test('another lvmedic at work is named, and the second waits no less politely for its turn', async () => {
    const lvm = new HeldLvm(machine.world);
    lvm.hold('repair');
    const first = await start('prompts', { args: ['--lvm', lvm.path] });
    await first.to(PAGES.confirmation);
    const second = await start('screen');
    await second.to(PAGES.confirmation);
    first.yes();
    await lvm.reached('repair');
    second.yes();
    await second.at(PAGES.failed);
    await second.terminal.waitFor(/another lvmedic is at work \(process \d+\)/);
    second.terminal.keep(PAGES.failed);
    lvm.release();
    await first.at(PAGES.result);
    // What was asked for on a look that is over is not offered again.
    second.take(1);
    await second.at(PAGES.machine);
    expect(second.terminal.screen()).toContain('Nothing wrong was found');
    first.press('q');
    expect(await first.terminal.waitForExit()).toBe(1);
  });

  test('disks that another repaired while the question stood are not repaired again', async () => {
    const first = await start('prompts');
    await first.to(PAGES.confirmation);
    const second = await start('screen');
    await second.to(PAGES.confirmation);
    first.yes();
    await first.at(PAGES.result);
    const repaired = machine.world.fingerprint();
    second.yes();
    await second.at(PAGES.failed);
    expect(second.terminal.screen()).toMatch(
      /have changed since they were looked at, and nothing was\s+done/,
    );
    second.terminal.keep(PAGES.failed);
    expect(machine.world.fingerprint()).toEqual(repaired);
  });

  test('a lock that a killed run left behind is no obstacle', async () => {
    mkdirSync('/run/lvmedic', { recursive: true });
    const ended = run('sh', ['-c', 'echo $$']).trim();
    writeFileSync('/run/lvmedic/lock', `${ended} 1\n`);
    try {
      const guided = await start('prompts');
      await guided.to(PAGES.confirmation);
      guided.yes();
      await guided.at(PAGES.result);
      expect(guided.terminal.screen()).toContain('Repaired and verified');
    } finally {
      rmSync('/run/lvmedic/lock', { force: true });
    }
  });

  test('the place of the undo records cannot be made: nothing is changed, and that is said', async () => {
    const guided = await start('prompts', {
      targets: [...machine.nodes, '--state-dir', '/proc/sys/lvmedic'],
    });
    await guided.to(PAGES.confirmation);
    guided.yes();
    await guided.at(PAGES.result);
    expect(guided.terminal.scrollback()).toMatch(/undo record[\s\S]*--state-dir/);
    expect(guided.terminal.screen()).toContain('Nothing was changed.');
    guided.press('q');
    await guided.terminal.waitForExit();
    expect(guided.terminal.leftBehind()).toEqual([]);
    expect(machine.changedDisks()).toEqual([]);
  });

  test('the place of the undo records is full: nothing is changed, and that is said', async () => {
    const memory = join(machine.world.dir, 'memory');
    mkdirSync(memory);
    run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', memory]);
    try {
      run('sh', ['-c', `dd if=/dev/zero of='${memory}/filler' bs=4k 2>/dev/null; true`]);
      const guided = await start('screen', { targets: [...machine.nodes, '--state-dir', memory] });
      await guided.to(PAGES.confirmation);
      guided.yes();
      await guided.at(PAGES.result);
      expect(guided.terminal.screen()).toMatch(/ENOSPC/);
      guided.press('q');
      expect(await guided.terminal.waitForExit()).toBe(OPERATIONAL_ERROR + 4);
      expect(machine.changedDisks()).toEqual([]);
    } finally {
      run('umount', ['--lazy', memory]);
    }
  });
});
