import stringWidth from 'string-width';
import type { Block, Side, Tone, TreeNode } from '../guided/page.ts';
import { wrapped } from '../guided/wrap.ts';

/** A row of the screen: runs of text, each in one tone, no wider than the screen. */
export type Row = readonly Run[];

export interface Run {
  readonly text: string;
  readonly tone: Tone;
}

export interface Charset {
  readonly branch: string;
  readonly lastBranch: string;
  readonly stem: string;
  readonly rule: string;
  readonly pointer: string;
  readonly barDone: string;
  readonly barLeft: string;
}

export const ASCII: Charset = {
  ...{ branch: '|- ', lastBranch: '`- ', stem: '|  ', rule: '-', pointer: '>', barDone: '#', barLeft: '.' },
};
export const UNICODE: Charset = {
  ...{ branch: '├─ ', lastBranch: '└─ ', stem: '│  ', rule: '─', pointer: '›', barDone: '█', barLeft: '░' },
};

const NO_BRANCH = '   ';
const GAP = 2;

/** Rows of `width` columns; whatever comes from a disk is made visible first. Pure. */
export function layout(blocks: readonly Block[], width: number, charset: Charset): Row[] {
  return blocks.flatMap((block) => blockRows(block, width, charset));
}

function blockRows(block: Block, width: number, charset: Charset): Row[] {
  switch (block.kind) {
    case 'lines':
      return block.lines.flatMap(({ text, tone }) =>
        wrapped(text, width).map((each) => [{ text: each, tone }]),
      );
    case 'tree':
      return treeRows(block, width, charset);
    case 'beside':
      return besideRows(block.left, block.right, width, charset);
  }
}

function treeRows({ heading, nodes }: Side, width: number, charset: Charset): Row[] {
  return [
    ...(heading === '' ? [] : wrapped(heading, width).map((text): Row => [{ text, tone: 'heading' }])),
    ...nodes.flatMap((node) => nodeRows(node, '', '', width, charset)),
  ];
}

function nodeRows(node: TreeNode, first: string, rest: string, width: number, charset: Charset): Row[] {
  const room = Math.max(10, width - stringWidth(first));
  const own = wrapped(node.text, room).map((text, index): Row => {
    const prefix: Run = { text: index === 0 ? first : rest, tone: 'quiet' };
    return [prefix, { text, tone: node.tone }];
  });
  const children = node.children.flatMap((child, index) => {
    const isLast = index === node.children.length - 1;
    return nodeRows(
      child,
      `${rest}${isLast ? charset.lastBranch : charset.branch}`,
      `${rest}${isLast ? NO_BRANCH : charset.stem}`,
      width,
      charset,
    );
  });
  return [...own, ...children];
}

function besideRows(left: Side, right: Side, width: number, charset: Charset): Row[] {
  const half = Math.floor((width - GAP) / 2);
  const [leftRows, rightRows] = [left, right].map((side) => treeRows(side, half, charset)) as [Row[], Row[]];
  return Array.from({ length: Math.max(leftRows.length, rightRows.length) }, (_, index): Row => {
    const row = leftRows[index] ?? [];
    const used = row.reduce((sum, { text }) => sum + stringWidth(text), 0);
    return [...row, { text: ' '.repeat(half + GAP - used), tone: 'normal' }, ...(rightRows[index] ?? [])];
  });
}
