import { EXIT } from '../../exit-codes.ts';
import type { LiveSession } from '../../session/live.ts';
import type { Guide } from '../face.ts';
import { showPrompts } from '../prompts/guided.ts';
import type { AskLine } from '../prompts/line.ts';
import { loadScreen } from '../screen/load-screen.ts';
import type { ScreenOptions } from '../screen/show-screen.tsx';
import { lastWords } from './plain-text.ts';
import { LEFT_UNCHANGED } from './wording.ts';

/** The two ways through a guided repair. `print` writes a line to the terminal. */

export const guideByPrompts = (askLine: AskLine, print: (line: string) => void): Guide => ({
  load: async () => {},
  async show(live) {
    await showPrompts(live, askLine, print);
    if (isUnchanged(live)) print(LEFT_UNCHANGED);
  },
});

export function guideByScreen(options: ScreenOptions, print: (line: string) => void): Guide {
  const load = once(loadScreen);
  return {
    load: async () => void (await load()),
    async show(live) {
      const { showScreen } = await load();
      await showScreen(live, options);
      // The screen is gone, and how it ended is worth keeping.
      if (live.state.kind === 'left' && live.state.last !== null) {
        for (const line of lastWords(live.state.last)) print(line);
      }
      if (isUnchanged(live)) print(LEFT_UNCHANGED);
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const isUnchanged = ({ state }: LiveSession): boolean =>
  state.kind === 'left' && state.isUnchanged && (state.exitStatus & EXIT.cancelled) !== 0;
