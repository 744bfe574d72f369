import type { Act } from '../../session/state.ts';

/** What a state of a guided repair shows, whatever the face: the same words, the same choices, in the same order. */
export interface Page {
  readonly title: string;
  readonly blocks: readonly Block[];
  /** Numbered from 1; the first is what Enter takes. */
  readonly menu: readonly Item[];
  /** What is possible everywhere, by a letter. */
  readonly keys: readonly Key[];
  /** Instead of the menu: what has to be confirmed. */
  readonly question: Question | null;
}

export interface Item {
  readonly act: Act;
  readonly label: string;
  /** What there is to know before taking it. */
  readonly details: readonly Block[];
}

export interface Key {
  readonly key: string;
  readonly act: Act;
  readonly label: string;
}

export interface Question {
  /** `yes`: anything but y is no; `word`: a word has to be typed. */
  readonly kind: 'yes' | 'word';
  readonly text: string;
  /** What has to be typed; null for a yes. */
  readonly word: string | null;
  /** What became of the answer before; null at first. */
  readonly note: Line | null;
}

/** Colour never says anything that the words do not. */
export type Tone = 'normal' | 'heading' | 'good' | 'bad' | 'warning' | 'quiet' | 'command';

export interface Line {
  readonly text: string;
  readonly tone: Tone;
}

export interface TreeNode extends Line {
  readonly children: readonly TreeNode[];
}

export type Block =
  | { readonly kind: 'lines'; readonly lines: readonly Line[] }
  | { readonly kind: 'tree'; readonly heading: string; readonly nodes: readonly TreeNode[] }
  | { readonly kind: 'beside'; readonly left: Side; readonly right: Side };

export interface Side {
  readonly heading: string;
  readonly nodes: readonly TreeNode[];
}

export const line = (text: string, tone: Tone = 'normal'): Line => ({ text, tone });
export const paragraph = (...lines: readonly Line[]): Block => ({ kind: 'lines', lines });
export const textBlock = (lines: readonly string[]): Block => paragraph(...lines.map((text) => line(text)));
export const leaf = (text: string, tone: Tone = 'normal'): TreeNode => ({ text, tone, children: [] });
export const EMPTY: Block = paragraph(line(''));
