import { TextInput } from '@inkjs/ui';
import { Box, Text, useInput, usePaste, useWindowSize } from 'ink';
import { useMemo, useState, useSyncExternalStore } from 'react';
import type { LiveSession } from '../../session/live.ts';
import type { Act } from '../../session/state.ts';
import type { Block, View } from '../guided/view.ts';
import { viewOf } from '../guided/views.ts';
import { moreAbove, moreBelow, STOP_HINT, tooSmall } from '../guided/wording.ts';
import { type Charset, layout, type Row } from './layout.ts';
import { type Palette, propsOf } from './tones.ts';

export interface Look {
  readonly charset: Charset;
  readonly palette: Palette;
}

const LEAST = { columns: 80, rows: 24 };
const SIDE_MARGIN = 1;
const BAR_COLUMNS = 40;

/** The whole screen: title, what there is to see, the choices, the keys. Every state of the session looks like this. */
export function Screen({ live, look }: { readonly live: LiveSession; readonly look: Look }) {
  const { columns, rows } = useWindowSize();
  const state = useSyncExternalStore(live.subscribe, () => live.state);
  const log = useSyncExternalStore(live.subscribe, () => live.log);
  const share = useSyncExternalStore(live.subscribe, () => live.share);
  const view = useMemo(() => viewOf(state, log), [state, log]);
  // Pasted text is no answer to anything.
  usePaste(() => {});
  useInput((_, key) => {
    if (key.ctrl && _ === 'c') live.stop();
  });
  if (columns < LEAST.columns || rows < LEAST.rows) {
    return <TooSmall live={live} text={tooSmall(columns, rows)} />;
  }
  const isWorking = state.kind === 'working';
  return (
    <Box flexDirection="column" width={columns} height={rows - 1} paddingX={SIDE_MARGIN}>
      <Text {...propsOf('heading', look.palette)}>{`lvmedic: ${view.title}`}</Text>
      <Text {...propsOf('quiet', look.palette)}>{look.charset.rule.repeat(columns - 2 * SIDE_MARGIN)}</Text>
      {isWorking ? (
        <Work live={live} view={view} share={share} look={look} />
      ) : (
        <Page
          key={pageKey(view, state.kind)}
          live={live}
          view={view}
          look={look}
          size={{ columns, rows }}
          startsAtEnd={state.kind === 'log'}
        />
      )}
    </Box>
  );
}

/** Another page begins at its top, its first choice marked. */
const pageKey = (view: View, kind: string): string => `${kind} ${view.title} ${view.menu.length}`;

function TooSmall({ live, text }: { readonly live: LiveSession; readonly text: string }) {
  useInput((input) => {
    if (input === 'q') live.stop();
  });
  return <Text>{text}</Text>;
}

function Work(props: {
  readonly live: LiveSession;
  readonly view: View;
  readonly share: number | null;
  readonly look: Look;
}) {
  const { live, view, share, look } = props;
  const { columns, rows } = useWindowSize();
  const lines = layout(view.blocks, columns - 2 * SIDE_MARGIN, look.charset);
  useInput((input) => {
    if (input === 'q') live.stop();
  });
  const { barDone, barLeft } = look.charset;
  const done = Math.round((share ?? 0) * BAR_COLUMNS);
  return (
    <>
      <Rows rows={lines.slice(-(rows - 7))} look={look} />
      <Box flexGrow={1} />
      {share === null ? null : (
        <Text>{`${barDone.repeat(done)}${barLeft.repeat(BAR_COLUMNS - done)} ${Math.round(share * 100)}%`}</Text>
      )}
      <Text {...propsOf('quiet', look.palette)}>{STOP_HINT}</Text>
    </>
  );
}

function Page(props: {
  readonly live: LiveSession;
  readonly view: View;
  readonly look: Look;
  readonly size: { readonly columns: number; readonly rows: number };
  readonly startsAtEnd: boolean;
}) {
  const { live, view, look, size, startsAtEnd } = props;
  const [marked, setMarked] = useState(0);
  const [top, setTop] = useState(startsAtEnd ? Number.MAX_SAFE_INTEGER : 0);
  const width = size.columns - 2 * SIDE_MARGIN;
  const menuRows = view.menu.map(({ label }, index) =>
    layout([menuBlock(index, label, index === marked, look.charset)], width, look.charset),
  );
  const details = view.menu[marked]?.details ?? [];
  const body = useMemo(
    () => layout([...view.blocks, ...details], width, look.charset),
    [view, details, width, look.charset],
  );
  // Title, two rules, the keys; a line for what does not fit; the question.
  const used = 4 + menuRows.flat().length + (view.question === null ? 0 : 2);
  const room = Math.max(3, size.rows - 1 - used - 1);
  const last = Math.max(0, body.length - room);
  const from = Math.min(top, last);
  const hidden = body.length - from - room;
  const keysUp = view.question?.kind === 'word';
  const mark = (index: number) => {
    setMarked(Math.max(0, Math.min(view.menu.length - 1, index)));
    setTop(0);
  };
  const take = (act: Act | undefined) => {
    if (act !== undefined) live.act(act);
  };
  const keyed = (key: string) => view.keys.find((each) => each.key === key)?.act;

  useInput((input, key) => {
    if (key.pageDown || (input === ' ' && !keysUp)) return setTop(Math.min(last, from + room));
    if (key.pageUp || (input === '-' && !keysUp)) return setTop(Math.max(0, from - room));
    if (key.escape) return take(keyed('b'));
    if (keysUp || key.ctrl || key.meta) return;
    if (view.question?.kind === 'yes') {
      if (input === 'y' || input === 'Y') return live.act({ kind: 'yes', typed: null });
      if (input === 'n' || input === 'N' || key.return) return take(keyed('b'));
    }
    if (key.downArrow) return mark(marked + 1);
    if (key.upArrow) return mark(marked - 1);
    if (key.return) return take(view.menu[marked]?.act ?? keyed('b'));
    if (/^[1-9]$/.test(input)) return take(view.menu[Number(input) - 1]?.act);
    take(keyed(input));
  });

  return (
    <>
      <Rows rows={body.slice(from, from + room)} look={look} />
      <Box flexGrow={1} />
      <Text {...propsOf('quiet', look.palette)}>
        {hidden > 0 ? moreBelow(hidden) : from > 0 ? moreAbove(from) : ' '}
      </Text>
      {view.question === null ? null : <Ask live={live} question={view.question} look={look} />}
      {menuRows.map((rows, index) => (
        <Rows key={view.menu[index]?.label ?? index} rows={rows} look={look} />
      ))}
      <Text {...propsOf('quiet', look.palette)}>{look.charset.rule.repeat(width)}</Text>
      <Text {...propsOf('quiet', look.palette)}>{keysLine(view)}</Text>
    </>
  );
}

function menuBlock(index: number, label: string, isMarked: boolean, charset: Charset): Block {
  const text = `${isMarked ? charset.pointer : ' '} ${index + 1}) ${label}`;
  return { kind: 'lines', lines: [{ text, tone: isMarked ? 'heading' : 'normal' }] };
}

function keysLine({ menu, keys, question }: View): string {
  const [enter] =
    question === null ? (menu.length > 0 ? ['Enter takes what is marked'] : ['Enter back']) : ['Enter no'];
  const typed =
    question?.kind === 'word'
      ? ['Esc back', 'Ctrl-C leave']
      : [enter, ...keys.map(({ key, label }) => `${key} ${label}`)];
  return typed.join('   ');
}

function Ask({
  live,
  question,
  look,
}: {
  readonly live: LiveSession;
  readonly question: NonNullable<View['question']>;
  readonly look: Look;
}) {
  if (question.kind === 'yes') {
    return <Text {...propsOf('heading', look.palette)}>{`${question.text} (y/N) `}</Text>;
  }
  return (
    <Box>
      <Text {...propsOf('heading', look.palette)}>{`${question.text}: `}</Text>
      <TextInput onSubmit={(typed) => live.act({ kind: 'yes', typed })} />
    </Box>
  );
}

function Rows({ rows, look }: { readonly rows: readonly Row[]; readonly look: Look }) {
  return rows.map((row, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place on the screen.
    <Text key={index} wrap="truncate-end">
      {row.length === 0 || row.every(({ text }) => text === '')
        ? ' '
        : row.map(({ text, tone }, run) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a run is its place in the row.
            <Text key={run} {...propsOf(tone, look.palette)}>
              {text}
            </Text>
          ))}
    </Text>
  ));
}
