import { describe, expect, test } from 'vitest';
import { actOfAnswer } from '../../../src/faces/guided/answers.ts';
import type { Key, Question } from '../../../src/faces/guided/page.ts';

const KEYS: readonly Key[] = [
  { key: 'b', act: { kind: 'back' }, label: 'back' },
  { key: 'l', act: { kind: 'log' }, label: 'log' },
  { key: '?', act: { kind: 'help' }, label: 'help' },
  { key: 'q', act: { kind: 'leave' }, label: 'leave' },
];
const YES_OR_NO: Question = { kind: 'yes', text: 'Repair vm1-vg now?', word: null, note: null };
const nameOf = (word: string): Question => ({ kind: 'word', text: 'Type', word, note: null });

describe('a yes or no', () => {
  test.each(['y', 'Y', 'yes', ' yes '])('%j is yes', (line) => {
    expect(actOfAnswer(line, YES_OR_NO, KEYS)).toEqual({ kind: 'yes', typed: null });
  });
  test.each(['', 'n', 'no', 'yy', 'y n', 'yes!', '1', 'vm1-vg', 'b', 'B'])('%j is no', (line) => {
    expect(actOfAnswer(line, YES_OR_NO, KEYS)).toEqual({ kind: 'back' });
  });
  test.each([
    ['l', 'log'],
    ['?', 'help'],
    ['Q', 'leave'],
  ])('%j does what it does on every page', (line, kind) => {
    expect(actOfAnswer(line, YES_OR_NO, KEYS)).toEqual({ kind });
  });
});

describe('a name that has to be typed', () => {
  test('only the name itself is the answer: every other line is one that is not the name', () => {
    expect(actOfAnswer('vm1-vg', nameOf('vm1-vg'), KEYS)).toEqual({ kind: 'yes', typed: 'vm1-vg' });
    for (const typed of ['y', 'yes', 'vm1-v', ' vm1-vg', 'VM1-VG', 'bl']) {
      expect(actOfAnswer(typed, nameOf('vm1-vg'), KEYS)).toEqual({ kind: 'yes', typed });
    }
  });
  test.each([
    ['', 'back'],
    ['  ', 'back'],
    ['b', 'back'],
    ['L', 'log'],
    ['? ', 'help'],
    ['q', 'leave'],
  ])('%j does what it does on every page', (line, kind) => {
    expect(actOfAnswer(line, nameOf('vm1-vg'), KEYS)).toEqual({ kind });
  });
  test('a volume group that is called q is repaired by its name, and the other letters do what they do', () => {
    expect(actOfAnswer('q', nameOf('q'), KEYS)).toEqual({ kind: 'yes', typed: 'q' });
    expect(actOfAnswer('b', nameOf('q'), KEYS)).toEqual({ kind: 'back' });
  });
});
