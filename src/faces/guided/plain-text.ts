import type { Shown } from '../../session/state.ts';
import { type Block, type Item, type Line, line, type Page, type Question, type TreeNode } from './page.ts';
import { pageOf } from './pages.ts';
import { answerHint } from './wording.ts';

/** A page as lines, from top to bottom, to what can be answered; nothing is drawn, so that it can be read aloud. */
export function plainPage({ title, blocks, menu, keys, question }: Page): Line[] {
  const end = question === null ? menu.flatMap(itemLines) : questionLines(question, keys);
  return [
    ...[line(''), line(`${title}:`, 'heading'), ...blocks.flatMap(plainBlock)],
    ...(end.length > 0 ? [line(''), ...end] : []),
  ];
}

const itemLines = ({ label, details }: Item, index: number): Line[] => [
  line(`  ${index + 1}) ${label}`),
  ...details.flatMap(plainBlock).map((each) => ({ ...each, text: `     ${each.text}` })),
];

/** All but the question itself, behind which the answer is typed. */
const questionLines = ({ kind, note }: Question, keys: Page['keys']): Line[] => [
  ...(note === null ? [] : [note]),
  line(answerHint(kind, keys)),
];

/** A block as lines. */
function plainBlock(block: Block): Line[] {
  switch (block.kind) {
    case 'lines':
      return [...block.lines];
    case 'tree':
      return [
        ...(block.heading === '' ? [] : [line(block.heading, 'heading')]),
        ...block.nodes.flatMap((node) => indented(node, 0)),
      ];
    case 'beside':
      return [block.left, block.right].flatMap(({ heading, nodes }) => [
        line(`${heading}:`, 'heading'),
        ...nodes.flatMap((node) => indented(node, 1)),
      ]);
  }
}

const indented = ({ text, tone, children }: TreeNode, depth: number): Line[] => [
  line(`${'  '.repeat(depth)}${text}`, tone),
  ...children.flatMap((child) => indented(child, depth + 1)),
];

/** How something ended, for when its page is gone or was never shown; empty for other pages. */
export function lastWords(shown: Shown): string[] {
  const isEnd = shown.kind === 'done' || shown.kind === 'undone' || shown.kind === 'failed';
  return isEnd
    ? pageOf(shown, [])
        .blocks.flatMap(plainBlock)
        .map(({ text }) => text)
        .filter((text) => text !== '')
    : [];
}
