import { Box, Text, useInput, usePaste, useWindowSize } from 'ink';
import { useMemo, useSyncExternalStore } from 'react';
import { LEAST_TERMINAL } from '../../model/least-terminal.ts';
import type { LiveSession } from '../../session/live.ts';
import type { Page } from '../guided/page.ts';
import { pageOf } from '../guided/pages.ts';
import { stopHint, tooSmall } from '../guided/wording.ts';
import { layout } from './layout.ts';
import { Progress } from './progress.tsx';
import { Reading } from './reading.tsx';
import { type Look, Rows } from './rows.tsx';
import { propsOf } from './tones.ts';

const SIDE_MARGIN = 1;
/** Title and rule. */
const HEAD_ROWS = 2;

interface ScreenProps {
  readonly live: LiveSession;
  readonly look: Look;
  /** Draws everything, also what did not change: something else has written over it. */
  readonly drawAnew: () => void;
}

/** The whole screen: title, what there is to see, the choices, the keys. Every state of the session looks like this. */
export function Screen({ live, look, drawAnew }: ScreenProps) {
  const size = useWindowSize();
  const state = useSyncExternalStore(live.subscribe, () => live.state);
  const log = useSyncExternalStore(live.subscribe, () => live.log);
  const page = useMemo(() => pageOf(state, log), [state, log]);
  // Pasted text is no answer to anything.
  usePaste(() => {});
  useInput((input, key) => {
    if (key.ctrl && input === 'c') live.stop();
    if (key.ctrl && input === 'l') drawAnew();
  });
  const isSmall = size.columns < LEAST_TERMINAL.columns || size.rows < LEAST_TERMINAL.rows;
  useInput(
    (input) => {
      if (input === 'q') live.stop();
    },
    { isActive: isSmall || state.kind === 'working' },
  );
  if (isSmall) return <Text>{tooSmall(size.columns, size.rows)}</Text>;
  // A frame as high as the terminal would scroll it.
  const height = size.rows - 1;
  const columns = size.columns - 2 * SIDE_MARGIN;
  const room = { columns, rows: height - HEAD_ROWS };
  return (
    <Box flexDirection="column" width={size.columns} height={height} paddingX={SIDE_MARGIN}>
      <Text {...propsOf('heading', look.palette)}>{`lvmedic: ${page.title}`}</Text>
      <Text {...propsOf('quiet', look.palette)}>{look.charset.rule.repeat(columns)}</Text>
      {state.kind === 'working' ? (
        <Work hint={stopHint(state.doing)} {...{ live, page, look, ...room }} />
      ) : (
        <Reading
          key={keyOf(page, state.kind)}
          {...{ live, page, look, ...room }}
          startsAtEnd={state.kind === 'log'}
        />
      )}
    </Box>
  );
}

/** Another page begins at its top, its first choice marked. */
const keyOf = ({ title, menu }: Page, kind: string): string => `${kind} ${title} ${menu.length}`;

interface WorkProps {
  readonly hint: string;
  readonly live: LiveSession;
  readonly page: Page;
  readonly look: Look;
  readonly columns: number;
  readonly rows: number;
}

/** What is under way, the last lines of it. */
function Work({ hint, live, page, look, columns, rows }: WorkProps) {
  const share = useSyncExternalStore(live.subscribe, () => live.share);
  const lines = layout(page.blocks, columns, look.charset);
  return (
    <>
      <Rows rows={lines.slice(-(rows - 2))} look={look} />
      <Box flexGrow={1} />
      {share !== null && <Progress share={share} look={look} />}
      <Text {...propsOf('quiet', look.palette)}>{hint}</Text>
    </>
  );
}
