import type { ConfigNode, ConfigTree, ConfigValue } from '../../../model/config-tree.ts';

/** What can stand as a name without quotes and cannot be taken for anything else. */
const BARE_KEY = /^[A-Za-z0-9_.+@/-]+$/;

/**
 * A tree as a text in the form of lvm's backup files, which `vgcfgrestore -f` takes.
 * Bytes, because a tree's strings stand for bytes: written as UTF-8 text they would change.
 */
export function printConfig(tree: ConfigTree): Uint8Array {
  return Buffer.from(printNodes(tree.nodes, ''), 'latin1');
}

function printNodes(nodes: readonly ConfigNode[], indent: string): string {
  return nodes.map((node) => printNode(node, indent)).join('');
}

function printNode(node: ConfigNode, indent: string): string {
  const key = BARE_KEY.test(node.key) ? node.key : quote(node.key);
  if (node.kind === 'value') return `${indent}${key} = ${printValue(node.value)}\n`;
  return `\n${indent}${key} {\n${printNodes(node.children, `${indent}\t`)}${indent}}\n`;
}

function printValue(value: ConfigValue): string {
  switch (value.kind) {
    case 'string':
      return quote(value.value);
    case 'integer':
      return value.value.toString();
    case 'float':
      return value.text;
    case 'array':
      return `[${value.items.map(printValue).join(', ')}]`;
  }
}

const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
