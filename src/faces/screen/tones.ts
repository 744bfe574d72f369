import type { Tone } from '../guided/page.ts';

export type Palette = 'colours' | 'none';

interface TextProps {
  readonly color?: string;
  readonly bold?: boolean;
  readonly dimColor?: boolean;
}

const COLOURS: Readonly<Record<Tone, TextProps>> = {
  normal: {},
  heading: { bold: true },
  good: { color: 'green' },
  bad: { color: 'red', bold: true },
  warning: { color: 'yellow' },
  quiet: { dimColor: true },
  command: { color: 'cyan' },
};

/** How a tone is printed. Without colours only what a terminal of any kind has: bold. */
export function propsOf(tone: Tone, palette: Palette): TextProps {
  if (palette === 'colours') return COLOURS[tone];
  return tone === 'heading' ? { bold: true } : {};
}
