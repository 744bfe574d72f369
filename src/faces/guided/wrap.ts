import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { visible } from '../../model/escape.ts';

const HANGING = 2;

/** Lines of at most `width` columns, broken between words where that can be; they go on further in than they began. */
export function wrapped(text: string, width: number): string[] {
  const clean = visible(text);
  if (stringWidth(clean) <= width) return [clean];
  const indent = /^ */.exec(clean)?.[0] ?? '';
  const rest = ' '.repeat(Math.min(indent.length + HANGING, Math.floor(width / 2)));
  // The first line is as wide as the others, so that all can be wrapped at once.
  const lines = wrapAnsi(clean.trimStart(), width - rest.length, { hard: true, trim: true }).split('\n');
  return lines.map((line, index) => `${index === 0 ? indent.slice(0, rest.length) : rest}${line}`);
}
