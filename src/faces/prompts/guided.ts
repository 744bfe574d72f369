import type { LiveSession } from '../../session/live.ts';
import type { Act, Shown } from '../../session/state.ts';
import { actOfAnswer, BACK } from '../guided/answers.ts';
import type { Line, Page } from '../guided/page.ts';
import { logLine, pageOf } from '../guided/pages.ts';
import { lastWords, plainPage } from '../guided/plain-text.ts';
import { answerWith, askedText, promptText } from '../guided/wording.ts';
import { wrapped } from '../guided/wrap.ts';
import { Cancelled } from './cancelled.ts';
import type { AskLine } from './line.ts';

/**
 * A session as lines and numbered questions, for a terminal of any kind and for a screen reader: everything is said
 * once, from top to bottom. Resolves when the session is left.
 */
export async function showPrompts(
  live: LiveSession,
  askLine: AskLine,
  print: (line: string) => void,
): Promise<void> {
  // What happens while the session works is told as it happens.
  const telling = live.hear((note) => {
    for (const line of fitting(logLine(note))) print(line);
  });
  let shown: Shown | null = null;
  live.start();
  try {
    for (;;) {
      await Promise.race([untilShown(live), live.ended]);
      const { state } = live;
      if (state.kind === 'left') {
        // Nobody was waited for: how it ended was on no page.
        if (state.last !== null && state.last !== shown) lastWords(state.last).forEach(print);
        return;
      }
      if (state.kind !== 'working' && state.kind !== 'help' && state.kind !== 'log') shown = state;
      const page = pageOf(state, live.log);
      for (const line of plainPage(page).flatMap(fitting)) print(line);
      try {
        live.act(await answerTo(page, askLine, print));
      } catch (error) {
        if (!(error instanceof Cancelled)) throw error;
        print('');
        live.stop();
      }
    }
  } finally {
    telling();
  }
}

const USUAL_COLUMNS = 80;

/** Sentences are broken between words; commands stay in one piece, to be copied. */
function fitting({ text, tone }: Line): string[] {
  return tone === 'command' ? [text] : wrapped(text, (process.stdout.columns || USUAL_COLUMNS) - 1);
}

function untilShown(live: LiveSession): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => {
    if (live.state.kind !== 'working') resolve();
  };
  const end = live.subscribe(look);
  look();
  return promise.finally(end);
}

async function answerTo(page: Page, askLine: AskLine, print: (line: string) => void): Promise<Act> {
  const { menu, keys, question } = page;
  if (question !== null) return actOfAnswer((await askLine(askedText(question))) ?? '', question, keys);
  for (;;) {
    const line = await askLine(promptText(menu.length, keys));
    const answer = line?.trim() ?? '';
    const picked =
      answer === ''
        ? (menu[0]?.act ?? BACK)
        : /^\d+$/.test(answer)
          ? menu[Number(answer) - 1]?.act
          : keys.find(({ key }) => key === answer.toLowerCase())?.act;
    if (picked !== undefined) return picked;
    print(answerWith(menu.length));
  }
}
