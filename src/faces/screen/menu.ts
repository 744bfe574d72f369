import type { Item } from '../guided/page.ts';
import { wrapped } from '../guided/wrap.ts';
import type { Charset, Row } from './layout.ts';

interface Place {
  /** Index of the item that is marked. */
  readonly marked: number;
  /** Rows that there are for it. */
  readonly most: number;
  readonly columns: number;
}

/** The choices, what is marked among them; those around it where there are more than fit. */
export function menuRows(menu: readonly Item[], { marked, most, columns }: Place, charset: Charset): Row[] {
  const items = menu.map(({ label }, index): Row[] => {
    const number = `${index === marked ? charset.pointer : ' '} ${index + 1}) `;
    const tone = index === marked ? 'heading' : 'normal';
    return wrapped(label, columns - number.length).map(
      (text, line): Row => [
        { text: `${line === 0 ? number : ' '.repeat(number.length)}${text.trimStart()}`, tone },
      ],
    );
  });
  const before = items.slice(0, marked).flat().length;
  const end = before + (items[marked]?.length ?? 0);
  const all = items.flat();
  const from = Math.max(0, Math.min(end - most, all.length - most));
  const first = Math.min(from, before);
  return all.slice(first, first + Math.max(most, 1));
}
