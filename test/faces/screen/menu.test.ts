import { expect, test } from 'vitest';
import type { Item } from '../../../src/faces/guided/page.ts';
import { ASCII } from '../../../src/faces/screen/layout.ts';
import { menuRows } from '../../../src/faces/screen/menu.ts';

const LONG = 'keep the side that was written last';
const item = (label: string): Item => ({ act: { kind: 'choices' }, label, details: [] });
const shown = (marked: number, most: number, labels = [LONG, LONG, 'what is wrong']): string[] =>
  menuRows(labels.map(item), { marked, most, columns: 26 }, ASCII).map((row) =>
    row.map(({ text }) => text).join(''),
  );

test('a label that takes two lines stands under itself, marked or not', () => {
  expect(shown(0, 9)).toEqual([
    ...['> 1) keep the side that', '     was written last'],
    ...['  2) keep the side that', '     was written last'],
    '  3) what is wrong',
  ]);
});

test('of more than fit, those around the marked one are shown, and that one whole', () => {
  expect(shown(1, 2)).toEqual(['> 2) keep the side that', '     was written last']);
  expect(shown(2, 2)).toEqual(['     was written last', '> 3) what is wrong']);
});
