import { TextInput } from '@inkjs/ui';
import { Box, Text, useInput } from 'ink';
import { useMemo, useRef, useState } from 'react';
import { visible } from '../../model/escape.ts';
import type { LiveSession } from '../../session/live.ts';
import type { Act } from '../../session/state.ts';
import type { Page, Question } from '../guided/page.ts';
import {
  ENTER_BACK,
  ENTER_NO,
  ENTER_TAKES,
  moreAbove,
  moreBelow,
  readOn,
  TYPED_KEYS,
} from '../guided/wording.ts';
import { layout, type Row } from './layout.ts';
import { type Look, Rows } from './rows.tsx';
import { propsOf } from './tones.ts';

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
/** A name of this length has room behind the question. */
const TYPED_COLUMNS = 32;

/** A page that waits for the person: its text, as much as fits, then the question or the menu, and the keys. */
export function Reading({ live, page, look, columns, rows, startsAtEnd }: ReadingProps) {
  const [marked, setMarked] = useState(0);
  // Keys come faster than frames: each counts from where the one before it led to.
  const latest = useRef(0);
  const [top, setTop] = useState(startsAtEnd ? Number.MAX_SAFE_INTEGER : 0);
  const details = page.menu[marked]?.details;
  const text = useMemo(
    () => layout([...page.blocks, ...(details ?? [])], columns, look.charset),
    [page, details, columns, look.charset],
  );
  const questionRows = page.question === null ? 0 : askRows(page.question, columns, look);
  const menu = menuRows(page, marked, rows - FIXED_ROWS - questionRows - LEAST_TEXT_ROWS, columns, look);
  const room = rows - FIXED_ROWS - questionRows - menu.length;
  const last = Math.max(0, text.length - room);
  const from = Math.min(top, last);
  const [readTo, setReadTo] = useState(0);
  if (from + room > readTo) setReadTo(from + room);
  /** What is lost must have been on the screen before it is agreed to. */
  const isRead = page.question === null || readTo >= text.length;
  const [shownAt] = useState(() => performance.now());

  const mark = (index: number) => {
    latest.current = Math.max(0, Math.min(page.menu.length - 1, index));
    setMarked(latest.current);
    setTop(0);
  };
  const take = (act: Act | undefined) => {
    if (act !== undefined) live.act(act);
  };
  const keyed = (key: string) => page.keys.find((each) => each.key === key)?.act;
  const isTyping = page.question?.kind === 'word';

  useInput((input, key) => {
    // Typed before the person can have seen what it would do.
    if (isGrave(page) && performance.now() - shownAt < UNSEEN_MS) return;
    if (key.pageDown || (input === ' ' && !isTyping)) return setTop(Math.min(last, from + room));
    if (key.pageUp || (input === '-' && !isTyping)) return setTop(Math.max(0, from - room));
    if (key.escape) return take(keyed('b'));
    if (isTyping || key.ctrl || key.meta) return;
    if (page.question !== null) {
      if (/^y$/i.test(input)) return isRead ? take({ kind: 'yes', typed: null }) : setTop(from + room);
      if (/^n$/i.test(input) || key.return) return take(keyed('b'));
    }
    if (key.downArrow) return mark(latest.current + 1);
    if (key.upArrow) return mark(latest.current - 1);
    if (key.return) return take(page.menu[latest.current]?.act ?? keyed('b'));
    if (/^[1-9]$/.test(input)) return take(page.menu[Number(input) - 1]?.act);
    take(keyed(input));
  });

  const below = text.length - from - room;
  return (
    <>
      <Rows rows={text.slice(from, from + room)} look={look} />
      <Box flexGrow={1} />
      <Text {...propsOf('quiet', look.palette)}>
        {below > 0 ? (isRead ? moreBelow : readOn)(below) : from > 0 ? moreAbove(from) : ' '}
      </Text>
      {page.question && <Ask {...{ live, look, isRead }} question={page.question} />}
      <Rows rows={menu} look={look} />
      <Text {...propsOf('quiet', look.palette)}>{look.charset.rule.repeat(columns)}</Text>
      <Text {...propsOf('quiet', look.palette)}>{keysLine(page)}</Text>
    </>
  );
}

/** A key on it may write, or leave for good. */
const isGrave = ({ question, menu }: Page): boolean =>
  question !== null || menu.some(({ act }) => act.kind === 'go-on' || act.kind === 'undo');

/** The choices, what is marked among them; those around it where there are more than fit. */
function menuRows({ menu }: Page, marked: number, most: number, columns: number, look: Look): Row[] {
  const items = menu.map(({ label }, index): Row[] => {
    const text = `${index === marked ? look.charset.pointer : ' '} ${index + 1}) ${label}`;
    const tone = index === marked ? 'heading' : 'normal';
    return layout([{ kind: 'lines', lines: [{ text, tone }] }], columns, look.charset);
  });
  const before = items.slice(0, marked).flat().length;
  const end = before + (items[marked]?.length ?? 0);
  const all = items.flat();
  const from = Math.max(0, Math.min(end - most, all.length - most));
  return all.slice(Math.min(from, before), Math.min(from, before) + Math.max(most, 1));
}

function keysLine({ menu, keys, question }: Page): string {
  if (question?.kind === 'word') return TYPED_KEYS;
  const enter = question !== null ? ENTER_NO : menu.length > 0 ? ENTER_TAKES : ENTER_BACK;
  return [enter, ...keys.map(({ key, label }) => `${key} ${label}`)].join('   ');
}

/** With room for what is typed. */
function askRows({ text, kind }: Question, columns: number, look: Look): number {
  const typed = kind === 'word' ? '_'.repeat(TYPED_COLUMNS) : '(y/N)';
  return layout(
    [{ kind: 'lines', lines: [{ text: `${text}: ${typed}`, tone: 'normal' }] }],
    columns,
    look.charset,
  ).length;
}

interface AskProps {
  readonly live: LiveSession;
  readonly question: Question;
  readonly look: Look;
  readonly isRead: boolean;
}

function Ask({ live, question, look, isRead }: AskProps) {
  // A word that was wrong is typed anew.
  const [attempt, setAttempt] = useState(0);
  if (question.kind === 'yes') {
    return <Text {...propsOf('heading', look.palette)}>{`${visible(question.text)} (y/N) `}</Text>;
  }
  const submit = (typed: string) => {
    if (!isRead) return;
    setAttempt(attempt + 1);
    live.act({ kind: 'yes', typed });
  };
  return (
    <Box>
      <Text {...propsOf('heading', look.palette)}>{`${visible(question.text)}: `}</Text>
      <TextInput key={attempt} onSubmit={submit} />
    </Box>
  );
}
