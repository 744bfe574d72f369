import { type Block, type Line, line, type Page, type TreeNode } from './page.ts';

/** A page as lines, from top to bottom, with its numbered choices; nothing is drawn, so that it can be read aloud. */
export function plainPage({ title, blocks, menu, question }: Page): Line[] {
  const items = menu.flatMap(({ label, details }, index) => [
    line(`  ${index + 1}) ${label}`),
    ...details.flatMap(plainBlock).map((each) => ({ ...each, text: `     ${each.text}` })),
  ]);
  const choices = question === null && items.length > 0 ? [line(''), ...items] : [];
  return [line(''), line(`${title}:`, 'heading'), ...blocks.flatMap(plainBlock), ...choices];
}

/** A block as lines. */
export function plainBlock(block: Block): Line[] {
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
