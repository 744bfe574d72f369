import type { ConfigNode, ConfigTree, ConfigValue } from '../../../model/config-tree.ts';
import type { Decoded, Problem } from '../../../model/problem.ts';
import { latin1 } from '../bytes.ts';
import { nextToken, type Token, type TokenKind } from './tokenizer.ts';

/** Far beyond what lvm writes (5), far below what would overflow the stack. */
const MAX_DEPTH = 64;
/** Values and sections in one text: room for tens of thousands of LVs. */
const MAX_VALUES = 2_000_000;
export const MAX_TEXT_BYTES = 64 * 1024 * 1024;

const I64_MIN = -(2n ** 63n);
const I64_MAX = 2n ** 63n - 1n;

/** How many values and sections may still be made: a bound on memory that several texts can share. */
export interface ValueBudget {
  left: number;
}

/**
 * Parses a metadata text, a backup file or lvm.conf. As for lvm, the text ends at its first NUL.
 * With a problem, the tree is what stands before the place where the grammar broke.
 */
export function parseConfig(
  input: Uint8Array | string,
  budget: ValueBudget = { left: MAX_VALUES },
): Decoded<ConfigTree> {
  const bytes = typeof input === 'string' ? Buffer.from(input) : input;
  const nul = bytes.indexOf(0);
  const size = nul < 0 ? bytes.length : nul;
  if (size > MAX_TEXT_BYTES) {
    const message = 'The text is larger than any LVM metadata.';
    return { value: { nodes: [] }, problems: [{ code: 'text-too-large', message }] };
  }
  return new Parser(latin1(bytes, 0, size), budget).parse();
}

class Parser {
  readonly #text: string;
  readonly #budget: ValueBudget;
  #token: Token;
  /** Set once; from then on the current token is always the end, so every loop comes to its end. */
  #problem: Problem | null = null;

  constructor(text: string, budget: ValueBudget) {
    this.#text = text;
    this.#budget = budget;
    this.#token = nextToken(text, 0, false);
  }

  parse(): Decoded<ConfigTree> {
    const nodes = this.#nodes(0);
    if (!this.#at('end')) this.#fail('A closing brace has no opening one.');
    return { value: { nodes }, problems: this.#problem ? [this.#problem] : [] };
  }

  #nodes(depth: number): ConfigNode[] {
    const nodes: ConfigNode[] = [];
    while (!this.#at('}') && !this.#at('end')) {
      const node = this.#node(depth);
      if (node) nodes.push(node);
    }
    return nodes;
  }

  #node(depth: number): ConfigNode | null {
    const key = this.#key();
    if (key === null) return null;
    if (this.#at('=')) {
      this.#advance(true);
      const value = this.#value();
      return value && { kind: 'value', key, value };
    }
    if (!this.#take('{', 'A name is followed by neither a value nor a section.')) return null;
    if (!this.#afford()) return null;
    if (depth === MAX_DEPTH) return this.#fail('Sections are nested too deeply.');
    const children = this.#nodes(depth + 1);
    this.#take('}', 'A section is not closed.');
    return { kind: 'section', key, children };
  }

  #key(): string | null {
    const key = this.#string();
    if (key === null) return this.#fail('A name was expected.');
    this.#advance(false);
    return key;
  }

  #value(): ConfigValue | null {
    if (!this.#at('[')) return this.#scalar();
    this.#advance(true);
    const items: ConfigValue[] = [];
    while (!this.#at(']')) {
      const item = this.#scalar(true);
      if (!item) return null;
      items.push(item);
      if (this.#at(',')) this.#advance(true);
    }
    this.#advance(false);
    return { kind: 'array', items };
  }

  #scalar(inArray = false): ConfigValue | null {
    const value = this.#scalarAt(this.#token);
    if (!value) return this.#fail('A value was expected.');
    if (!this.#afford()) return null;
    this.#advance(inArray);
    return value;
  }

  #scalarAt({ kind, start, end }: Token): ConfigValue | null {
    const text = () => this.#text.slice(start, end);
    if (kind === 'float') return { kind, text: text() };
    if (kind === 'integer') return end - start > 20 ? null : integer(text());
    const value = this.#string();
    return value === null ? null : { kind: 'string', value };
  }

  /** The current token as a string, whichever way it is written. */
  #string(): string | null {
    const { kind, start, end } = this.#token;
    if (kind === 'bare') return this.#text.slice(start, end);
    if (kind === 'raw') return this.#text.slice(start + 1, end - 1);
    if (kind === 'quoted') return this.#text.slice(start + 1, end - 1).replace(/\\(["\\])/g, '$1');
    return null;
  }

  #afford(): boolean {
    if (this.#budget.left-- > 0) return true;
    return this.#fail('The text holds more values than any LVM metadata.') !== null;
  }

  #at(kind: TokenKind): boolean {
    return this.#token.kind === kind;
  }

  #take(kind: TokenKind, complaint: string): boolean {
    if (!this.#at(kind)) return this.#fail(complaint) !== null;
    this.#advance(false);
    return true;
  }

  #advance(expectValue: boolean): void {
    if (!this.#problem) this.#token = nextToken(this.#text, this.#token.end, expectValue);
  }

  #fail(message: string): null {
    this.#problem ??= {
      code: 'text-syntax',
      message,
      offsetBytes: this.#token.start,
      found: this.#text.slice(this.#token.start, this.#token.start + 40),
    };
    this.#token = { kind: 'end', start: this.#text.length, end: this.#text.length };
    return null;
  }
}

/** `null` where lvm would refuse it: no digits, or beyond 64 bits. */
function integer(text: string): ConfigValue | null {
  const digits = text.replace(/^\+/, '');
  if (!/\d/.test(digits)) return null;
  const value = BigInt(digits);
  return value >= I64_MIN && value <= I64_MAX ? { kind: 'integer', value } : null;
}
