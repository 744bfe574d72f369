import { actsIn } from '../../session/session.ts';
import { type Act, type Shown, type State, wordToType } from '../../session/state.ts';
import { bootLines } from '../boot-wording.ts';
import { repairSummary, undoSummary } from '../wording.ts';
import { findingBlocks } from './finding-page.ts';
import { machineBlocks } from './machine-page.ts';
import { type Block, type Item, type Key, type Line, line, type Page, paragraph, textBlock } from './page.ts';
import { confirmBlocks, detailsOf, rehearsedBlocks } from './repair-pages.ts';
import * as words from './wording.ts';

const LETTERS: Readonly<Partial<Record<Act['kind'], string>>> = {
  back: 'b',
  log: 'l',
  help: '?',
  leave: 'q',
};

/** What a state shows. `log`: the lines of what happened so far. Pure. */
export function pageOf(state: State, log: readonly string[]): Page {
  const acts = actsIn(state);
  const menu = acts.filter(({ kind }) => LETTERS[kind] === undefined && kind !== 'yes');
  const question = questionOf(state);
  return {
    title: words.titleOf(state),
    blocks: blocksOf(state, log),
    menu: menu.map((act): Item => ({ act, label: words.labelOf(act), details: detailsOf(act, state) })),
    keys: acts.flatMap((act): Key[] => {
      const key = LETTERS[act.kind];
      // A volume group may be called as a letter is: there it is the answer.
      return key === undefined || key === question?.word ? [] : [{ key, act, label: words.labelOf(act) }];
    }),
    question,
  };
}

function questionOf(state: State): Page['question'] {
  if (state.kind === 'confirm-undo') {
    return { kind: 'yes', text: words.undoQuestion, word: null, note: null };
  }
  if (state.kind !== 'confirm') return null;
  const word = wordToType(state.choice);
  return {
    kind: word === null ? 'yes' : 'word',
    text: words.questionText(state.choice, word),
    word,
    note: state.mistyped ? line(words.MISTYPED, 'bad') : null,
  };
}

function blocksOf(state: State, log: readonly string[]): readonly Block[] {
  switch (state.kind) {
    case 'left':
      return [];
    case 'working':
      return [paragraph(...log.slice(-WORKING_LINES).map(logLine))];
    case 'help':
      return [textBlock(words.HELP)];
    case 'log':
      return [paragraph(...(log.length === 0 ? [line(words.EMPTY_LOG)] : log.map(logLine)))];
    default:
      return shownBlocks(state);
  }
}

const WORKING_LINES = 14;

/** A line of the log; a command stays in one piece where it is to be copied. */
export const logLine = (text: string): Line => line(text, /^ *\$ /.test(text) ? 'command' : 'normal');

function shownBlocks(state: Shown): readonly Block[] {
  switch (state.kind) {
    case 'machine':
      return machineBlocks(state.look);
    case 'finding':
      return findingBlocks(state.look, state.index);
    case 'choices':
      return [paragraph(line(words.NOT_UNTIL_YES, 'quiet'))];
    case 'rehearsed':
      return rehearsedBlocks(state);
    case 'confirm':
      return confirmBlocks(state.choice, state.look);
    case 'confirm-undo':
      return [textBlock(words.undoSentences(state.undoing))];
    case 'done': {
      const { result } = state;
      // It begins with an empty line, to stand apart from what was printed before it.
      const [, ...summary] = repairSummary(result);
      return [textBlock([...summary, ...(result.boot === null ? [] : bootLines(result.boot))])];
    }
    case 'undone':
      return [textBlock(undoSummary(state.result))];
    case 'failed':
      return [paragraph(line(state.message, 'bad'))];
  }
}
