/**
 * Tokens of LVM's configuration grammar, cut as lvm cuts them (lvm2 `libdm/libdm-config.c`, `_get_token`).
 * `start` and `end` are places in the text; quotes are part of a string token.
 */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

export type TokenKind =
  | Punctuation
  | 'quoted'
  | 'raw'
  | 'bare'
  | 'integer'
  | 'float'
  /** A quote that is never closed. */
  | 'unclosed'
  | 'end';

type Punctuation = '{' | '}' | '[' | ']' | ',' | '=';

// Loops, not patterns: a pattern that repeats a choice overflows the stack on a string of some millions of characters.
const SPACE = ' \t\n\v\f\r';
const ENDS_KEY = `${SPACE}#={}`;
const ENDS_VALUE = `${ENDS_KEY}[],`;
const DIGITS = '0123456789';
const PUNCTUATION = '{}[],=';

/** The token at or after `at`. Where a value is expected, digits are a number and bare words end at brackets too. */
export function nextToken(text: string, at: number, expectValue: boolean): Token {
  const start = skipSpace(text, at);
  const first = text[start];
  if (first === undefined) return { kind: 'end', start, end: start };
  if (isPunctuation(first)) return { kind: first, start, end: start + 1 };
  if (first === '"' || first === "'") return quoted(text, start, first);
  if (expectValue && `${DIGITS}+-.`.includes(first)) return number(text, start);
  return { kind: 'bare', start, end: runEnd(text, start, expectValue ? ENDS_VALUE : ENDS_KEY, false) };
}

const isPunctuation = (char: string): char is Punctuation => PUNCTUATION.includes(char);

function skipSpace(text: string, from: number): number {
  let at = runEnd(text, from, SPACE, true);
  while (text[at] === '#') {
    const lineEnd = text.indexOf('\n', at);
    at = lineEnd < 0 ? text.length : runEnd(text, lineEnd, SPACE, true);
  }
  return at;
}

function quoted(text: string, start: number, quote: '"' | "'"): Token {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === quote) return { kind: quote === '"' ? 'quoted' : 'raw', start, end: at + 1 };
    if (quote === '"' && text[at] === '\\') at++;
  }
  return { kind: 'unclosed', start, end: text.length };
}

function number(text: string, start: number): Token {
  const wholeEnd = text[start] === '.' ? start : runEnd(text, start + 1, DIGITS, true);
  if (text[wholeEnd] !== '.') return { kind: 'integer', start, end: wholeEnd };
  return { kind: 'float', start, end: runEnd(text, wholeEnd + 1, DIGITS, true) };
}

/** Where the run of characters that are (or are not) in `set` ends. */
function runEnd(text: string, from: number, set: string, inSet: boolean): number {
  let at = from;
  while (at < text.length && set.includes(text.charAt(at)) === inSet) at++;
  return at;
}
