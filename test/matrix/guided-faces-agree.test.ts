import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { flipByteOfMdaHeader } from '../../vm-harness/recipes/damage.ts';
import {
  type DamagedMachine,
  damagedMachine,
  machineOf,
  recipeCalled,
} from '../../vm-harness/terminal/damaged-machine.ts';
import {
  type FaceName,
  type Guided,
  PAGES,
  type Page,
  startGuided,
} from '../../vm-harness/terminal/guided.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';

const unavailable = labUnavailable() ?? tmuxUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: both faces of the guided repair, for them ${unavailable}.`);

afterAll(removeTemporaryFolders);

const FINDING = 'What is wrong, and how lvmedic knows';
const MOST_CHOICES = 2;
/** Wide enough for every label. */
const WIDE = { columns: 200, rows: 50 };

/** Goes to every page that can be seen without a change of the disks, and comes back. */
class Walk {
  readonly seen: Page[] = [];
  readonly #guided: Guided;

  constructor(guided: Guided) {
    this.#guided = guided;
  }

  async everything(): Promise<Page[]> {
    const { labels } = await this.#see(PAGES.machine);
    if (labels.length === 1) await this.#lookAside();
    const finding = labels.indexOf(FINDING);
    if (finding >= 0) await this.#findings(finding + 1);
    const choices = labels.indexOf('See what can be done');
    if (choices >= 0) await this.#choices(choices + 1);
    this.#guided.press('q');
    return this.seen;
  }

  async #see(title: string): Promise<Page> {
    const page = await this.#guided.at(title);
    this.seen.push(page);
    return page;
  }

  /** Only where there is nothing else to see: they are the same everywhere. */
  async #lookAside(): Promise<void> {
    for (const [letter, title] of [
      ['?', PAGES.help],
      ['l', PAGES.log],
    ] as const) {
      this.#guided.press(letter);
      await this.#see(title);
      this.#guided.press('b');
      await this.#see(PAGES.machine);
    }
  }

  async #findings(number: number): Promise<void> {
    this.#guided.take(number);
    for (let index = 1; ; index++) {
      const { labels } = await this.#see(`What is wrong (${index})`);
      const next = labels.indexOf('The next finding');
      if (next < 0) break;
      this.#guided.take(next + 1);
    }
    this.#guided.press('b');
    await this.#see(PAGES.machine);
  }

  async #choices(number: number): Promise<void> {
    this.#guided.take(number);
    const { labels } = await this.#see(PAGES.choices);
    for (const index of labels.keys()) {
      if (labels[index] === FINDING || index >= MOST_CHOICES) continue;
      this.#guided.take(index + 1);
      const { labels: rehearsed } = await this.#see(PAGES.rehearsal);
      if (rehearsed.length > 0) {
        this.#guided.take(1);
        await this.#see(PAGES.confirmation);
        this.#guided.backFromQuestion();
        await this.#see(PAGES.rehearsal);
      }
      this.#guided.press('b');
      await this.#see(PAGES.choices);
    }
    this.#guided.press('b');
    await this.#see(PAGES.machine);
  }
}

function twoBrokenGroups(): DamagedMachine {
  const world = prepare(recipeCalled('incident/a1-archive'));
  flipByteOfMdaHeader(world, 'bystander');
  return machineOf(world);
}

describe.skipIf(unavailable !== null)('the screen and the prompts are one guided repair', () => {
  let machine: DamagedMachine;
  const open: Guided[] = [];
  afterEach(() => {
    for (const guided of open.splice(0)) guided.terminal.close();
    machine?.dispose();
  });

  async function walk(face: FaceName): Promise<readonly Page[]> {
    const guided = await startGuided(machine, face, { ...WIDE, name: `guided-walk-${face}` });
    open.push(guided);
    const seen = await new Walk(guided).everything();
    await guided.terminal.waitForExit();
    expect(guided.terminal.leftBehind()).toEqual([]);
    return seen;
  }

  test.each<[string, () => DamagedMachine, number]>([
    ['a disk that is called missing', () => damagedMachine('incident/a1-archive'), 9],
    ['a group that lost its disk', () => damagedMachine('incident/a2-archive'), 9],
    ['what a person must decide', () => damagedMachine('lvm2-metadata-split-brain/different-lvs'), 13],
    ['a disk that is not there', () => damagedMachine('lvm2-pv-absent'), 9],
    ['a healthy machine', () => damagedMachine('healthy/two-disks'), 5],
    ['two broken groups at once', twoBrokenGroups, 13],
  ])('%s: the same pages, choices, letters and questions', async (_, make, leastPages) => {
    machine = make();
    const onScreen = await walk('screen');
    const inPrompts = await walk('prompts');
    expect(inPrompts).toEqual(onScreen);
    expect(onScreen.length).toBeGreaterThanOrEqual(leastPages);
    expect(machine.changedDisks()).toEqual([]);
  });
});
