import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { buildLargeGroup, largeGroupDisks } from '../../vm-harness/lab/large-group.ts';
import { VG } from '../../vm-harness/lab/layouts.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { changeWhileAway, editText } from '../../vm-harness/recipes/damage.ts';
import { type DamagedMachine, machineOf, recipeCalled } from '../../vm-harness/terminal/damaged-machine.ts';
import { type FaceName, type Guided, PAGES, startGuided } from '../../vm-harness/terminal/guided.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';

const unavailable = labUnavailable() ?? tmuxUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: disks that were made to hurt, for them ${unavailable}.`);

afterAll(removeTemporaryFolders);

const LEFT_WITH_FAULTS = 4 + 32;
/** Sets the window's title and draws a screen of its own, in the hope that a terminal obeys. */
const EVIL = '\x1b]0;owned\x07\x1b[2J\x1b[Howned\u009b31m\r\n\t';
/** Control sequences that a name from a disk would begin; the screen itself never sends them. */
const OBEYED = /\x1b\]0|\x07|\u009b|\x1b\[2J\x1b\[Howned/;
const SECONDS_FOR_THE_FIRST_PAGE = 20;
const EYE_MS = 100;
const MOST_PAGES = 40;

describe.skipIf(unavailable !== null)('names and sizes that were made to hurt', () => {
  let machine: DamagedMachine;
  let guided: Guided;
  afterEach(() => {
    guided?.terminal.close();
    machine?.dispose();
  });

  async function open(face: FaceName): Promise<void> {
    guided = await startGuided(machine, face, { name: `guided-hostile-${face}` });
  }

  async function leave(): Promise<void> {
    guided.press('q');
    expect(await guided.terminal.waitForExit()).toBe(LEFT_WITH_FAULTS);
    expect(guided.terminal.leftBehind()).toEqual([]);
    expect(machine.changedDisks()).toEqual([]);
  }

  const edits: readonly (readonly [string, (text: string) => string, shown: string])[] = [
    ['a volume group', (text) => text.replace(VG, EVIL), 'is damaged'],
    ['a logical volume', (text) => text.replace('home {', `${EVIL} {`), 'owned'],
    [
      'a volume group with a long name in wide characters',
      (text) => text.replace(VG, '卷'.repeat(32 * 1024)),
      VG,
    ],
  ];
  test.each(edits)('%s cannot draw on the terminal, in either face', async (_, edit, shown) => {
    const world = prepare(recipeCalled('lvm2-pv-marked-missing'));
    for (const disk of ['d1', 'd2']) editText(world, disk, edit);
    machine = machineOf(world);
    for (const face of ['screen', 'prompts'] as const) {
      await open(face);
      const { labels } = await guided.at(PAGES.machine);
      guided.take(labels.indexOf('What is wrong, and how lvmedic knows') + 1);
      await guided.at('What is wrong (1)');
      guided.press('l');
      await guided.at(PAGES.log);
      expect(guided.terminal.output()).toContain(shown);
      expect(OBEYED.exec(guided.terminal.output())?.[0] ?? '').toBe('');
      expect(guided.terminal.screen().split('\n')).toHaveLength(24);
      await leave();
      guided.terminal.close();
    }
  });

  test('a log line of a quarter of a megabyte: the log is read to its end, and back', async () => {
    const world = prepare(recipeCalled('lvm2-pv-marked-missing'));
    machine = machineOf(world);
    const talkative = join(world.dir, 'talkative');
    const speech = `case "$*" in version*) ;; *) head -c 262144 /dev/zero | tr '\\0' x; echo ;; esac`;
    writeFileSync(talkative, `#!/bin/sh\n${speech}\nexec lvm "$@"\n`, { mode: 0o755 });
    guided = await startGuided(machine, 'screen', { args: ['--lvm', talkative] });
    await guided.to(PAGES.rehearsal);
    guided.press('l');
    await guided.at(PAGES.log);
    expect(guided.terminal.screen()).toMatch(/-- \d+ more above/);
    guided.terminal.keys('PPage', 'PPage');
    await guided.terminal.waitFor(/x{70}/);
    guided.press('b');
    await guided.at(PAGES.rehearsal);
    await leave();
  });
});

describe.skipIf(unavailable !== null)('a machine with 64 disks', () => {
  let machine: DamagedMachine;
  let guided: Guided;
  afterEach(() => {
    guided?.terminal.close();
    machine?.dispose();
  });

  /** As a person does who looks at each page. */
  async function press(key: string, until: RegExp): Promise<void> {
    for (let page = 0; page < MOST_PAGES && !until.test(guided.terminal.screen()); page++) {
      guided.terminal.keys(key);
      await sleep(EYE_MS);
    }
    await guided.terminal.waitFor(until);
  }

  test('the first page comes quickly, is scrolled through, and leads on', async () => {
    const world = prepare({
      id: 'large',
      title: 'one disk of 64 is called missing',
      seeds: [],
      disks: largeGroupDisks(64),
      build: (world) => buildLargeGroup(world, 192),
      break: (world) => changeWhileAway(world, 'd64'),
      expect: { faults: ['lvm2-pv-marked-missing'], repair: 'repaired' },
    });
    machine = machineOf(world, ['d1', 'd64']);
    const startedMs = Date.now();
    guided = await startGuided(machine, 'screen', { name: 'guided-64-disks' });
    const { terminal } = guided;
    await guided.at(PAGES.machine, { seconds: 60 });
    const seconds = (Date.now() - startedMs) / 1000;
    terminal.keep('the first page');
    console.log(`the first page of 64 disks and 192 volumes came after ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(SECONDS_FOR_THE_FIRST_PAGE);
    expect(terminal.screen()).toMatch(/-- \d+ more below/);
    const scrolledMs = Date.now();
    await press('NPage', /└─ lv191 /);
    await press('PPage', /^ lvmedic: This machine\n.*\n 1 thing is wrong:/);
    console.log(`there and back: ${((Date.now() - scrolledMs) / 1000).toFixed(1)} s`);
    await guided.to(PAGES.rehearsal);
    guided.press('q');
    expect(await terminal.waitForExit()).toBe(LEFT_WITH_FAULTS);
    expect(machine.changedDisks()).toEqual([]);
  });
});
