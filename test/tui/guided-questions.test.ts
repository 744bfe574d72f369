import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { VG } from '../../vm-harness/lab/layouts.ts';
import { type DamagedMachine, damagedMachine } from '../../vm-harness/terminal/damaged-machine.ts';
import { type FaceName, type Guided, PAGES, startGuided } from '../../vm-harness/terminal/guided.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';

const unavailable = labUnavailable() ?? tmuxUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: questions of the guided repair, for them ${unavailable}.`);

afterAll(removeTemporaryFolders);

const FACES: readonly FaceName[] = ['screen', 'prompts', 'drawn prompts'];
const LEFT_WITH_FAULTS = 4 + 32;
/** Its repair deletes logical volumes: the name of the volume group has to be typed. */
const TYPED_NAME = 'lvm2-pv-absent';
const YES = 'incident/a1-archive';

describe.skipIf(unavailable !== null)('questions of the guided repair', () => {
  let machine: DamagedMachine;
  let guided: Guided;
  afterEach(() => {
    guided?.terminal.close();
    machine?.dispose();
  });

  async function toTheQuestion(face: FaceName, broken: DamagedMachine): Promise<void> {
    machine = broken;
    guided = await startGuided(machine, face, { name: `guided-questions-${face}` });
    await guided.to(PAGES.confirmation);
  }

  test.each<[FaceName, string]>([
    ['screen', `${VG}\r`],
    // As pexpect's sendline has it.
    ['screen', `${VG}\n`],
    ['prompts', `${VG}\n`],
    ['drawn prompts', `${VG}\r`],
  ])('%s: the name and its Enter in one read, as a script sends it, are an answer', async (face, sent) => {
    await toTheQuestion(face, damagedMachine(TYPED_NAME));
    guided.terminal.send(sent);
    await guided.at(PAGES.result);
    expect(machine.changedDisks()).toEqual(['d1']);
  });

  test('screen: y and its Enter in one read are an answer, a line that only has a y in it is none', async () => {
    await toTheQuestion('screen', damagedMachine(YES));
    guided.terminal.send('why not\r');
    guided.terminal.send('yy\r');
    await guided.terminal.waitUntilQuiet();
    await guided.at(PAGES.confirmation);
    expect(machine.changedDisks()).toEqual([]);
    guided.terminal.send('y\r');
    await guided.at(PAGES.result);
  });

  test('screen: a name that came with the key before the question is no answer to it', async () => {
    machine = damagedMachine(TYPED_NAME);
    guided = await startGuided(machine, 'screen');
    await guided.to(PAGES.rehearsal);
    // With a key between them, each comes as one of its own.
    guided.terminal.send(`1\x7f${VG}\r`);
    await guided.at(PAGES.confirmation);
    expect(guided.terminal.screen()).toMatch(new RegExp(`, ${VG}:$`, 'm'));
    expect(machine.changedDisks()).toEqual([]);
  });

  test('screen: of two lines in one read the first is the answer', async () => {
    await toTheQuestion('screen', damagedMachine(TYPED_NAME));
    guided.terminal.send(`other-vg\r${VG}\r`);
    await guided.terminal.waitFor('That was not the name. Nothing was done.');
    await guided.at(PAGES.confirmation);
    expect(machine.changedDisks()).toEqual([]);
  });

  test('screen: Ctrl-U and Ctrl-W clear what was typed, and no control character types a letter', async () => {
    await toTheQuestion('screen', damagedMachine(TYPED_NAME));
    const { terminal } = guided;
    const typed = (text: string) => terminal.waitFor(new RegExp(`, ${VG}: ?${text}$`, 'm'));
    terminal.type('wrong');
    await typed('wrong');
    terminal.keys('C-u');
    await typed('');
    terminal.type('wrong-again');
    await typed('wrong-again');
    terminal.keys('C-w');
    await typed('');
    terminal.type('vm');
    terminal.keys('C-a', 'C-e', 'C-k', 'C-x', 'C-l', 'Tab', 'M-x', 'Left', 'F5', 'Insert', 'C-Left');
    await terminal.waitUntilQuiet();
    await typed('vm');
    // In one read with what they edit.
    terminal.send('xyz\x17other\x15\x01\x0bvm1-v\x07x\x7fg');
    await typed(VG);
    expect(machine.changedDisks()).toEqual([]);
    terminal.keys('Enter');
    await guided.at(PAGES.result);
  });

  test.each<FaceName>(['prompts', 'drawn prompts'])(
    '%s: Ctrl-U and Ctrl-W clear what was typed',
    async (face) => {
      await toTheQuestion(face, damagedMachine(TYPED_NAME));
      const { terminal } = guided;
      for (const clear of ['C-u', 'C-w']) {
        terminal.type('wrong');
        await terminal.waitFor(/: +wrong$/m);
        terminal.keys(clear);
        await terminal.waitFor(new RegExp(`, ${VG}:$`, 'm'));
      }
      guided.line(VG);
      await guided.at(PAGES.result);
    },
  );

  test('screen: a name longer than its place shows its end, and the page stays as high as it was', async () => {
    await toTheQuestion('screen', damagedMachine(TYPED_NAME));
    const { terminal } = guided;
    terminal.send(`${'x'.repeat(200)}end`);
    const screen = await terminal.waitFor(/x{10,}end$/m);
    expect(screen).toContain(`lvmedic: ${PAGES.confirmation}`);
    expect(screen).toMatch(/q leave$/m);
    terminal.keys('Enter');
    await terminal.waitFor('That was not the name. Nothing was done.');
  });

  const questions: readonly (readonly [FaceName, string, string])[] = FACES.flatMap((face) => [
    [face, YES, 'a yes or no'] as const,
    [face, TYPED_NAME, 'a name'] as const,
  ]);
  test.each(questions)(
    '%s, %s (%s): log, help, back and leave work at the question too',
    async (...asked) => {
      const [face, recipe] = asked;
      await toTheQuestion(face, damagedMachine(recipe));
      const isTyped = recipe === TYPED_NAME;
      const press = (letter: string) => (isTyped ? guided.line(letter) : guided.press(letter));
      const { keys, question } = await guided.at(PAGES.confirmation);
      guided.terminal.keep(`${face}: a question`);
      expect(keys).toEqual(['b back', 'l log', '? help', 'q leave']);
      for (const [letter, title] of [
        ['l', PAGES.log],
        ['?', PAGES.help],
      ] as const) {
        press(letter);
        await guided.at(title);
        guided.press('b');
        expect((await guided.at(PAGES.confirmation)).question).toBe(question);
      }
      for (const back of ['b', '']) {
        if (back === '') guided.enter();
        else press(back);
        await guided.at(PAGES.rehearsal);
        guided.take(1);
        await guided.at(PAGES.confirmation);
      }
      press('q');
      expect(await guided.terminal.waitForExit()).toBe(LEFT_WITH_FAULTS);
      expect(guided.terminal.leftBehind()).toEqual([]);
      expect(machine.changedDisks()).toEqual([]);
    },
  );

  test('screen: the page is read to its end before it is agreed to, and a jump to the end is no reading', async () => {
    machine = damagedMachine(TYPED_NAME);
    const { terminal } = await startOnALongPage();
    const unread = 'to be read before it is answered --';
    await terminal.waitFor(`more below (PgDn): ${unread}`);
    terminal.keys('End');
    await terminal.waitFor(`more above (PgUp): ${unread}`);
    guided.line(VG);
    // It shows what was jumped over instead.
    await terminal.waitFor(`more below (PgDn): ${unread}`);
    await guided.at(PAGES.confirmation);
    expect(machine.changedDisks()).toEqual([]);
    terminal.keep('a page longer than the screen');
    terminal.keys('Home');
    await terminal.waitFor(/^ lvmedic: .*\n.*\n To do in vm1-vg/);
    terminal.keys('NPage', 'NPage', 'NPage');
    await terminal.waitFor(/-- \d+ more above \(PgUp\) --/);
    guided.line(VG);
    await guided.at(PAGES.result);
    expect(machine.changedDisks()).toEqual(['d1']);
  });

  /** The way to the undo records alone takes more lines than the screen has. */
  async function startOnALongPage(): Promise<Guided> {
    const state = join(machine.world.dir, `${'a-long-way-down'.repeat(12)}/`.repeat(18));
    guided = await startGuided(machine, 'screen', { targets: [...machine.nodes, '--state-dir', state] });
    await guided.to(PAGES.confirmation);
    return guided;
  }
});
