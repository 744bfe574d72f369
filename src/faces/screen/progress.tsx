import { defaultTheme, extendTheme, ProgressBar, ThemeProvider } from '@inkjs/ui';
import { Box, Text } from 'ink';
import { useMemo } from 'react';
import type { Look } from './rows.tsx';

const BAR_COLUMNS = 40;

interface ProgressProps {
  /** From 0 to 1. */
  readonly share: number;
  readonly look: Look;
}

/** How far a step is, as a bar and in words. */
export function Progress({ share, look: { charset } }: ProgressProps) {
  const theme = useMemo(
    () =>
      extendTheme(defaultTheme, {
        components: {
          ProgressBar: {
            // The bar's own colours and symbols are not every terminal's.
            styles: { completed: () => ({}), remaining: () => ({}) },
            config: () => ({
              completedCharacter: charset.barDone,
              remainingCharacter: charset.barLeft,
            }),
          },
        },
      }),
    [charset],
  );
  const percent = Math.round(share * 100);
  return (
    <ThemeProvider theme={theme}>
      <Box>
        <Box width={BAR_COLUMNS}>
          <ProgressBar value={percent} />
        </Box>
        <Text>{` ${percent}%`}</Text>
      </Box>
    </ThemeProvider>
  );
}
