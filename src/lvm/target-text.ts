import {
  type ConfigNode,
  type ConfigTree,
  changeSection,
  configArray,
  configInteger,
  findSection,
  findStrings,
  sectionsOf,
  withValue,
} from '../model/config-tree.ts';
import type { VgMetadata } from '../model/metadata.ts';
import { decodeMetadata } from '../ondisk/lvm2/text/metadata.ts';
import { printConfig } from '../ondisk/lvm2/text/printer.ts';

/** A PV that comes back into a generation, and LVs, from an older one. */
export interface Adoption {
  readonly from: VgMetadata;
  readonly pvUuid: string;
  readonly lvUuids: readonly string[];
}

/** The generation that shall stand afterwards: `base`, changed in the named points and in no other. */
export function targetMetadata(
  base: VgMetadata,
  change: {
    readonly seqno: number;
    /** PVs whose MISSING flag goes: vgcfgrestore refuses a text that carries one. */
    readonly presentPvUuids: ReadonlySet<string>;
    readonly adoptions: readonly Adoption[];
    /** Tags of the VG that come to those it has. */
    readonly tags?: readonly string[];
  },
): VgMetadata {
  // LVs can stand on several of the PVs that come back: these come first.
  const withPvs = change.adoptions.reduce(adoptPv, base.tree);
  const adopted = change.adoptions.reduce(adoptLvs, withPvs);
  const seqnoSet = changeSection(adopted.nodes, [base.name], (vg) =>
    withTags(withValue(vg, 'seqno', configInteger(change.seqno)), change.tags ?? []),
  );
  const nodes = changeSection(seqnoSet, [base.name, 'physical_volumes'], (pvs) =>
    pvs.map((pv) => (pv.kind === 'section' ? withoutMissing(pv, change.presentPvUuids) : pv)),
  );
  const decoded = decodeMetadata({ nodes }).value;
  if (decoded === null) throw new Error('a generation changed by us no longer reads as one');
  return decoded;
}

/** The text that `lvm vgcfgrestore -f` and `lvm pvcreate --restorefile` take. */
export function metadataFile(metadata: VgMetadata): Uint8Array {
  return printConfig(metadata.tree);
}

function withoutMissing(pv: ConfigNode & { kind: 'section' }, present: ReadonlySet<string>): ConfigNode {
  const id = findStrings(pv.children, 'id')?.[0];
  const flags = findStrings(pv.children, 'flags') ?? [];
  if (id === undefined || !present.has(id) || !flags.includes('MISSING')) return pv;
  const kept = flags
    .filter((flag) => flag !== 'MISSING')
    .map((value) => ({ kind: 'string' as const, value }));
  return { ...pv, children: withValue(pv.children, 'flags', configArray(kept)) };
}

/** Adds tags that are not there; lvm writes the list behind the status and flags. */
function withTags(vg: readonly ConfigNode[], tags: readonly string[]): readonly ConfigNode[] {
  const known = findStrings(vg, 'tags') ?? [];
  const added = tags.filter((tag) => !known.includes(tag));
  if (added.length === 0) return vg;
  const value = configArray([...known, ...added].map((tag) => ({ kind: 'string', value: tag })));
  if (known.length > 0) return withValue(vg, 'tags', value);
  return vg.toSpliced(vg.findIndex(({ key }) => key === 'flags') + 1, 0, {
    kind: 'value',
    key: 'tags',
    value,
  });
}

const nameOfVg = ({ nodes }: ConfigTree): string => sectionsOf(nodes)[0]?.key ?? '';
const idIs = (node: ConfigNode, id: string): boolean =>
  node.kind === 'section' && findStrings(node.children, 'id')?.[0] === id;
const sectionsBelow = ({ nodes }: ConfigTree, vgName: string, key: string) =>
  sectionsOf(findSection(findSection(nodes, vgName)?.children ?? [], key)?.children ?? []);

function adoptPv(tree: ConfigTree, { from, pvUuid }: Adoption): ConfigTree {
  const vgName = nameOfVg(tree);
  const pvs = sectionsBelow(tree, vgName, 'physical_volumes');
  if (pvs.some((pv) => idIs(pv, pvUuid))) return tree;
  const returning = sectionsBelow(from.tree, from.name, 'physical_volumes').find((pv) => idIs(pv, pvUuid));
  if (returning === undefined) throw new Error(`generation ${from.seqno} does not have PV ${pvUuid}`);
  const added = { ...returning, key: freeName(pvs) };
  return {
    nodes: changeSection(tree.nodes, [vgName, 'physical_volumes'], (present) => [...present, added]),
  };
}

function adoptLvs(tree: ConfigTree, { from, lvUuids }: Adoption): ConfigTree {
  const vgName = nameOfVg(tree);
  const pvs = sectionsBelow(tree, vgName, 'physical_volumes');
  const nameNow = new Map(pvs.map((pv) => [findStrings(pv.children, 'id')?.[0], pv.key]));
  const renamed = new Map(from.pvs.flatMap((pv) => [[pv.name, nameNow.get(pv.uuid)] as const]));
  const lvs = sectionsBelow(from.tree, from.name, 'logical_volumes')
    .filter((lv) => lvUuids.some((id) => idIs(lv, id)))
    .map((lv) => ({ ...lv, children: lv.children.map((node) => renameAreas(node, renamed)) }));
  if (lvs.length === 0) return tree;
  return {
    nodes: changeSection(tree.nodes, [vgName], (vg) => {
      if (findSection(vg, 'logical_volumes') === undefined) {
        const after = vg.findIndex((node) => node.key === 'physical_volumes') + 1;
        return vg.toSpliced(after, 0, { kind: 'section', key: 'logical_volumes', children: lvs });
      }
      return changeSection(vg, ['logical_volumes'], (present) => [
        ...present,
        ...lvs.filter((lv) => !present.some((each) => each.key === lv.key)),
      ]);
    }),
  };
}

function freeName(pvs: readonly ConfigNode[]): string {
  const taken = new Set(pvs.map((pv) => pv.key));
  let number = pvs.length;
  while (taken.has(`pv${number}`)) number++;
  return `pv${number}`;
}

/**
 * lvm renumbers PV sections at will: an older generation's `pv1` can be another disk's name now. `renamed` gives undefined
 * for a PV that the tree lacks; other names are LVs and stay.
 */
function renameAreas(node: ConfigNode, renamed: ReadonlyMap<string, string | undefined>): ConfigNode {
  if (node.kind === 'section') {
    return { ...node, children: node.children.map((child) => renameAreas(child, renamed)) };
  }
  if ((node.key !== 'stripes' && node.key !== 'mirrors') || node.value.kind !== 'array') return node;
  const items = node.value.items.map((item) => {
    if (item.kind !== 'string' || !renamed.has(item.value)) return item;
    const value = renamed.get(item.value);
    if (value === undefined) throw new Error(`an LV would come back without its PV ${item.value}`);
    return { ...item, value };
  });
  return { ...node, value: configArray(items) };
}
