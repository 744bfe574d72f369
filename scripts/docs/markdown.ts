import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/**
 * The rows of the first table below a heading of a page in docs/, without its head.
 *
 * @throws when there is no such heading, or no table below it
 */
export function tableBelow(page: string, heading: string): string[][] {
  const lines = fs.readFileSync(path.join(root, 'docs', page), 'utf8').split('\n');
  const from = lines.indexOf(heading);
  const table = lines.slice(from + 1);
  const begin = table.findIndex((line) => line.startsWith('|'));
  const next = table.findIndex((line) => line.startsWith('#'));
  if (from < 0 || begin < 0 || (next >= 0 && next < begin)) {
    throw new Error(`docs/${page}: there is no table below "${heading}"`);
  }
  const length = table.slice(begin).findIndex((line) => !line.startsWith('|'));
  return table.slice(begin + 2, length < 0 ? undefined : begin + length).map(cells);
}

/** Bars in code are written `\|`. */
function cells(row: string): string[] {
  return row
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}
