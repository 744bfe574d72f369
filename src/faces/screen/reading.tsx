import { Box, type Key, Text, useInput } from 'ink';
import { useMemo, useRef, useState } from 'react';
import type { LiveSession } from '../../session/live.ts';
import type { Act } from '../../session/state.ts';
import { actOfAnswer, BACK, isYes } from '../guided/answers.ts';
import type { Page } from '../guided/page.ts';
import {
  ENTER_ANSWERS,
  ENTER_BACK,
  ENTER_NO,
  ENTER_TAKES,
  moreLines,
  readBelow,
  readSkipped,
} from '../guided/wording.ts';
import { Ask, askRows } from './ask.tsx';
import { layout } from './layout.ts';
import { menuRows } from './menu.ts';
import { type Look, Rows } from './rows.tsx';
import { type Scrolling, useScrolling } from './scrolling.ts';
import { propsOf } from './tones.ts';
import { charactersOf, isEnter, typeOn, withoutEnter } from './typing.ts';

interface ReadingProps {
  readonly live: LiveSession;
  readonly page: Page;
  readonly look: Look;
  /** What is left of the screen for the page. */
  readonly columns: number;
  readonly rows: number;
  /** Shows the last lines first. */
  readonly startsAtEnd: boolean;
}

/** The line about what does not fit, the rule and the keys below the menu. */
const FIXED_ROWS = 3;
const LEAST_TEXT_ROWS = 6;
/** A frame's time, and that of an eye. */
const UNSEEN_MS = 300;

/** A page that waits for the person: its text, as much as fits, then the question or the menu, and the keys. */
export function Reading({ live, page, look, columns, rows, startsAtEnd }: ReadingProps) {
  const { question, menu, keys } = page;
  const [marked, setMarked] = useState(0);
  const [typed, setTyped] = useState('');
  // Keys come faster than frames: each counts from where the one before it led to.
  const latest = useRef({ marked: 0, typed: '' });
  const details = menu[marked]?.details;
  const text = useMemo(
    () => layout([...page.blocks, ...(details ?? [])], columns, look.charset),
    [page, details, columns, look.charset],
  );
  const asked = question === null ? [] : askRows(question, columns, look);
  const choices = menuRows(
    menu,
    { marked, most: rows - FIXED_ROWS - asked.length - LEAST_TEXT_ROWS, columns },
    look.charset,
  );
  const room = rows - FIXED_ROWS - asked.length - choices.length;
  const scrolling = useScrolling({ count: text.length, room, columns }, startsAtEnd);
  const { from, unread } = scrolling;
  const [shownAt] = useState(() => performance.now());

  const mark = (index: number) => {
    latest.current.marked = Math.max(0, Math.min(menu.length - 1, index));
    setMarked(latest.current.marked);
    scrolling.to(0);
  };
  const type = (characters: string) => {
    const { typed: next, line } = typeOn(latest.current.typed, characters);
    latest.current.typed = next;
    setTyped(next);
    if (line !== null && question !== null) answer(actOfAnswer(line, question, keys));
  };
  /** What is lost must have been on the screen before it is agreed to. */
  const answer = (act: Act) => {
    if (act.kind === 'yes' && unread !== null) scrolling.to(unread);
    else live.act(act);
  };
  const press = (pressed: string, key: Key) => {
    if (key.downArrow) return mark(latest.current.marked + 1);
    if (key.upArrow) return mark(latest.current.marked - 1);
    if (question?.kind === 'yes') {
      if (isYes(pressed)) return answer({ kind: 'yes', typed: null });
      if (isEnter(pressed) || /^n$/i.test(pressed)) return live.act(BACK);
    }
    const act = isEnter(pressed)
      ? (menu[latest.current.marked]?.act ?? BACK)
      : /^[1-9]$/.test(pressed)
        ? menu[Number(pressed) - 1]?.act
        : keys.find((each) => each.key === pressed)?.act;
    if (act !== undefined) live.act(act);
  };

  useInput((input, key) => {
    // Typed before the person can have seen what it would do.
    if (isGrave(page) && performance.now() - shownAt < UNSEEN_MS) return;
    if (key.pageDown) return scrolling.by(room);
    if (key.pageUp) return scrolling.by(-room);
    if (key.home) return scrolling.to(0);
    if (key.end) return scrolling.to(text.length);
    if (key.escape) return live.act(BACK);
    if (question?.kind === 'word') return type(charactersOf(input, key));
    if (key.ctrl || key.meta) return;
    const pressed = withoutEnter(key.return ? '\r' : input);
    if (pressed === ' ') return scrolling.by(room);
    if (pressed === '-') return scrolling.by(-room);
    if (pressed === 'g') return scrolling.to(0);
    if (pressed === 'G') return scrolling.to(text.length);
    press(pressed, key);
  });

  return (
    <>
      <Rows rows={text.slice(from, from + room)} look={look} />
      <Box flexGrow={1} />
      <Text {...propsOf('quiet', look.palette)}>{restText(scrolling, page)}</Text>
      {asked.length > 0 && <Ask rows={asked} {...{ typed, columns, look }} />}
      <Rows rows={choices} look={look} />
      <Text {...propsOf('quiet', look.palette)}>{look.charset.rule.repeat(columns)}</Text>
      <Text {...propsOf('quiet', look.palette)}>{keysLine(page)}</Text>
    </>
  );
}

/** A key on it may write, or leave for good. */
const isGrave = ({ question, menu }: Page): boolean =>
  question !== null || menu.some(({ act }) => act.kind === 'go-on' || act.kind === 'undo');

/** What of the page is not on the screen. */
function restText({ above, below, unread }: Scrolling, { question }: Page): string {
  if (question === null || unread === null) return moreLines(above, below);
  return below > 0 ? readBelow(below) : readSkipped(above);
}

const keysLine = (page: Page): string =>
  [enterText(page), ...page.keys.map(({ key, label }) => `${key} ${label}`)].join('   ');

function enterText({ menu, question }: Page): string {
  if (question !== null) return question.kind === 'word' ? ENTER_ANSWERS : ENTER_NO;
  return menu.length > 0 ? ENTER_TAKES : ENTER_BACK;
}
