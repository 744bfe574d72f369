import assert from 'node:assert/strict';
import type { Console, Patience } from '../guest/console.ts';

/** What a person does at the console when lvmedic is there before the emergency shell opens. */

export const OFFER = /((?: {2}\d\) .*\n)+)(?:\? )?1-\d, Enter for 1[^\n]*:/;
const QUESTION = /Repair vm1-vg now\? \(y\/N\)/;

/** Waits for numbered choices, and gives them as they stand there. */
export async function awaitOffer(console: Console, patience: Patience = { seconds: 240 }): Promise<string> {
  const [, offer = ''] = await console.waitFor(OFFER, patience);
  return offer;
}

/** Types the number of the choice whose words match. */
export function pick(console: Console, offer: string, words: RegExp): void {
  const line = offer.split('\n').find((each) => words.test(each));
  assert(line !== undefined, `none of the choices is ${words}:\n${offer}`);
  console.line(line.trim().slice(0, 1));
}

/** Takes the repair, says yes, and lets the boot go on. */
export async function acceptRepair(console: Console, offer?: string): Promise<void> {
  pick(console, offer ?? (await awaitOffer(console)), /Repair/);
  await answer(console, 'y');
  await goOn(console);
}

/** The question before anything is written. */
export async function answer(console: Console, word: 'y' | 'n'): Promise<void> {
  await console.waitFor(QUESTION);
  console.line(word);
}

/** After something was done: Enter goes on with the boot. */
export async function goOn(console: Console): Promise<void> {
  const after = await awaitOffer(console);
  assert.match(after, /1\) Go on with the boot/);
  console.line('');
}

const GUIDED_PROMPT = /Enter means 1:/;

/** In the guided repair by questions: waits for a page, and answers it. */
export async function answerPage(
  console: Console,
  page: RegExp,
  text: string,
  patience: Patience = {},
): Promise<void> {
  await console.waitFor(page, patience);
  await console.waitFor(GUIDED_PROMPT, patience);
  console.line(text);
}

/** Has the shell instead, as it always opened. */
export async function takeShell(console: Console, offer?: string): Promise<void> {
  pick(console, offer ?? (await awaitOffer(console)), /Shell/);
  await console.waitForShell();
}
