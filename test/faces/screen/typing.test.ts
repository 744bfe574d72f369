import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { charactersOf, isEnter, typeOn, withoutEnter } from '../../../src/faces/screen/typing.ts';

const NO_KEY = { return: false, backspace: false, delete: false, ctrl: false, meta: false };

describe('a line that is being typed', () => {
  test.each([
    ['vm1-vg\r', { typed: '', line: 'vm1-vg' }],
    ['vm1-vg\n', { typed: '', line: 'vm1-vg' }],
    ['wrong\rvm1-vg\r', { typed: '', line: 'wrong' }],
    ['wrong\x15vm1', { typed: 'vm1', line: null }],
    ['not the\x17name', { typed: 'not name', line: null }],
    ['wrong \x17vm1', { typed: 'vm1', line: null }],
    ['vmx\x7f1é\b', { typed: 'vm1', line: null }],
    ['\x7f\x15\x17', { typed: '', line: null }],
    ['\x01v\tm\x0b1\x1b\x00\u009b', { typed: 'vm1', line: null }],
  ])('%j', (characters, expected) => {
    expect(typeOn('', characters)).toEqual(expected);
  });

  test('nothing that is typed leaves a control character in it, and reads may be cut anywhere', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), (characters, at) => {
        const text = characters.replaceAll(/[\r\n]/g, '');
        const cut = at % (text.length + 1);
        const whole = typeOn('', text);
        expect(whole.typed).not.toMatch(/\p{Cc}/u);
        if (isBetween(text, cut)) {
          expect(typeOn(typeOn('', text.slice(0, cut)).typed, text.slice(cut))).toEqual(whole);
        }
      }),
    );
  });

  test('a key with Ctrl or Alt is no letter', () => {
    expect(charactersOf('u', { ...NO_KEY, ctrl: true })).toBe('\x15');
    expect(charactersOf('w', { ...NO_KEY, ctrl: true })).toBe('\x17');
    expect(typeOn('vm1', charactersOf('a', { ...NO_KEY, ctrl: true }))).toEqual({ typed: 'vm1', line: null });
    expect(charactersOf('', { ...NO_KEY, ctrl: true })).toBe('');
    expect(charactersOf('y', { ...NO_KEY, meta: true })).toBe('');
    expect(charactersOf('', { ...NO_KEY, return: true })).toBe('\r');
    expect(charactersOf('', { ...NO_KEY, delete: true })).toBe('\x7f');
  });
});

/** Not within a character of two code units. */
const isBetween = (text: string, at: number): boolean => !/[\ud800-\udbff]/.test(text[at - 1] ?? '');

describe('a key with its Enter in one read', () => {
  test.each([
    ['y\r', 'y'],
    ['1\r\n', '1'],
    ['yes\n', 'yes'],
    ['1\r1\r', '1\r1'],
    ['\r', '\r'],
    ['\r\n', '\r\n'],
    ['b', 'b'],
  ])('%j is %j', (input, expected) => {
    expect(withoutEnter(input)).toBe(expected);
  });
  test('Enter alone is Enter, whatever a terminal sends for it', () => {
    expect(['\r', '\n', '\r\n', '\r\r'].every(isEnter)).toBe(true);
    expect(['', 'y', 'y\r', '\t'].some(isEnter)).toBe(false);
  });
});
