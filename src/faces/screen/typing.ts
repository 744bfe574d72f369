import type { Key } from 'ink';

/** What has been typed of a line, and the line itself once Enter has come. */
export interface Typing {
  readonly typed: string;
  readonly line: string | null;
}

/** Takes characters as a terminal sends them, one or many in a read; what comes after Enter is no part of the line. */
export function typeOn(typed: string, characters: string): Typing {
  for (const character of characters) {
    if (isEnter(character)) return { typed: '', line: typed };
    typed = edited(typed, character);
  }
  return { typed, line: null };
}

/** As the terminal's own line editing has it: Backspace, Ctrl-U, Ctrl-W; no other control character does anything. */
function edited(typed: string, character: string): string {
  switch (character) {
    case '\x7f':
    case '\b':
      return Array.from(typed).slice(0, -1).join('');
    case '\x15':
      return '';
    case '\x17':
      return typed.replace(/\S*\s*$/, '');
    default:
      return /\p{Cc}/u.test(character) ? typed : typed + character;
  }
}

/** The characters of a read, of which ink has made a key where it was one alone. */
export function charactersOf(
  input: string,
  key: Pick<Key, 'return' | 'backspace' | 'delete' | 'ctrl' | 'meta'>,
): string {
  if (key.return) return '\r';
  if (key.backspace || key.delete) return '\x7f';
  if (key.meta) return '';
  return key.ctrl ? controlCharacter(input) : input;
}

const controlCharacter = (letter: string): string =>
  letter.length === 1 ? String.fromCharCode(letter.charCodeAt(0) & 0x1f) : '';

/** Enter, as a terminal sends it or as a script does; also several at once. */
export const isEnter = (input: string): boolean => /^[\r\n]+$/.test(input);

/** The key of a read that brought its Enter as well. */
export const withoutEnter = (input: string): string => input.replace(/(?<=.)[\r\n]+$/, '');
