import type { Block, Page, TreeNode } from './page.ts';

/** A page as lines, from top to bottom, with its numbered choices; nothing is drawn, so that it can be read aloud. */
export function plainPage({ title, blocks, menu, question }: Page): string[] {
  return [
    '',
    `${title}:`,
    ...blocks.flatMap(plainBlock),
    ...(question === null && menu.length > 0 ? [''] : []),
    ...(question === null
      ? menu.flatMap(({ label, details }, index) => [
          `  ${index + 1}) ${label}`,
          ...details.flatMap(plainBlock).map((line) => `     ${line}`),
        ])
      : []),
  ];
}

/** A block as lines. */
export function plainBlock(block: Block): string[] {
  switch (block.kind) {
    case 'lines':
      return block.lines.map(({ text }) => text);
    case 'tree':
      return [
        ...(block.heading === '' ? [] : [block.heading]),
        ...block.nodes.flatMap((node) => indented(node, 0)),
      ];
    case 'beside':
      return [block.left, block.right].flatMap(({ heading, nodes }) => [
        `${heading}:`,
        ...nodes.flatMap((node) => indented(node, 1)),
      ]);
  }
}

const indented = ({ text, children }: TreeNode, depth: number): string[] => [
  `${'  '.repeat(depth)}${text}`,
  ...children.flatMap((child) => indented(child, depth + 1)),
];
