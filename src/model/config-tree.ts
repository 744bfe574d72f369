/**
 * LVM's configuration grammar as a tree: the form of metadata texts, backup files and lvm.conf.
 * Order and unknown keys are kept, so that printing a parsed tree loses nothing.
 * Strings hold one character per byte (latin1), so that any bytes come back as they were.
 */
export type ConfigValue =
  | { readonly kind: 'string'; readonly value: string }
  /** 64-bit whole number. */
  | { readonly kind: 'integer'; readonly value: bigint }
  /** Kept as written: lvm reads it as a C double. */
  | { readonly kind: 'float'; readonly text: string }
  /** Never holds another array. */
  | { readonly kind: 'array'; readonly items: readonly ConfigValue[] };

export type ConfigNode =
  | { readonly kind: 'value'; readonly key: string; readonly value: ConfigValue }
  | ConfigSection;

export interface ConfigSection {
  readonly kind: 'section';
  readonly key: string;
  readonly children: readonly ConfigNode[];
}

export interface ConfigTree {
  readonly nodes: readonly ConfigNode[];
}

export const configInteger = (value: number | bigint): ConfigValue => ({
  kind: 'integer',
  value: BigInt(value),
});
export const configArray = (items: readonly ConfigValue[]): ConfigValue => ({ kind: 'array', items });

/** The sections among `nodes`, in order. */
export function sectionsOf(nodes: readonly ConfigNode[]): readonly ConfigSection[] {
  return nodes.filter((node) => node.kind === 'section');
}

/** The first section called `key`. */
export function findSection(nodes: readonly ConfigNode[], key: string): ConfigSection | undefined {
  return sectionsOf(nodes).find((section) => section.key === key);
}

/** The first value called `key`. */
export function findValue(nodes: readonly ConfigNode[], key: string): ConfigValue | undefined {
  for (const node of nodes) if (node.kind === 'value' && node.key === key) return node.value;
  return undefined;
}

export function findString(nodes: readonly ConfigNode[], key: string): string | undefined {
  const value = findValue(nodes, key);
  return value?.kind === 'string' ? value.value : undefined;
}

/** A whole number between 0 and 2^53 - 1. */
export function findNumber(nodes: readonly ConfigNode[], key: string): number | undefined {
  const value = findValue(nodes, key);
  return value && numberOf(value);
}

/** The strings of an array; a lone string counts as an array of one, as it does for lvm. */
export function findStrings(nodes: readonly ConfigNode[], key: string): readonly string[] | undefined {
  const value = findValue(nodes, key);
  if (value?.kind === 'string') return [value.value];
  return value?.kind === 'array'
    ? value.items.flatMap((item) => (item.kind === 'string' ? [item.value] : []))
    : undefined;
}

export function numberOf(value: ConfigValue): number | undefined {
  if (value.kind !== 'integer' || value.value < 0n || value.value > BigInt(Number.MAX_SAFE_INTEGER))
    return undefined;
  return Number(value.value);
}

/** `nodes` with the value `key` set in place of the one that is there, else added at the end. */
export function withValue(
  nodes: readonly ConfigNode[],
  key: string,
  value: ConfigValue,
): readonly ConfigNode[] {
  const node: ConfigNode = { kind: 'value', key, value };
  const at = nodes.findIndex((each) => each.kind === 'value' && each.key === key);
  return at < 0 ? [...nodes, node] : nodes.with(at, node);
}

/** `nodes` without any value or section called `key`. */
export function without(nodes: readonly ConfigNode[], key: string): readonly ConfigNode[] {
  return nodes.filter((node) => node.key !== key);
}

/**
 * `nodes` with the children of the section at `path` changed; as they were where there is no such section.
 * `changeSection(tree.nodes, ['vg0', 'physical_volumes', 'pv0'], (pv) => withValue(pv, 'flags', configArray([])))`
 */
export function changeSection(
  nodes: readonly ConfigNode[],
  path: readonly string[],
  change: (children: readonly ConfigNode[]) => readonly ConfigNode[],
): readonly ConfigNode[] {
  const [key, ...rest] = path;
  if (key === undefined) return change(nodes);
  const at = nodes.findIndex((node) => node.kind === 'section' && node.key === key);
  const section = nodes[at];
  if (section?.kind !== 'section') return nodes;
  return nodes.with(at, { ...section, children: changeSection(section.children, rest, change) });
}
