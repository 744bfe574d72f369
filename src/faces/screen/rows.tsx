import { Text } from 'ink';
import type { Charset, Row } from './layout.ts';
import { type Palette, propsOf } from './tones.ts';

/** How this terminal shows things. */
export interface Look {
  readonly charset: Charset;
  readonly palette: Palette;
}

export function Rows({ rows, look }: { readonly rows: readonly Row[]; readonly look: Look }) {
  return rows.map((row, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place on the screen.
    <Text key={index} wrap="truncate-end">
      {row.every(({ text }) => text === '')
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
