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

/** A PV that comes back into a generation, with LVs, from an older one. */
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
  },
): VgMetadata {
  const adopted = change.adoptions.reduce(adopt, base.tree);
  const seqnoSet = changeSection(adopted.nodes, [base.name], (vg) =>
    withValue(vg, 'seqno', configInteger(change.seqno)),
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

function adopt(tree: ConfigTree, { from, pvUuid, lvUuids }: Adoption): ConfigTree {
  const vgName = sectionsOf(tree.nodes)[0]?.key ?? '';
  const older = findSection(from.tree.nodes, from.name)?.children ?? [];
  const idIs = (node: ConfigNode, id: string) =>
    node.kind === 'section' && findStrings(node.children, 'id')?.[0] === id;

  const pvs =
    findSection(findSection(tree.nodes, vgName)?.children ?? [], 'physical_volumes')?.children ?? [];
  const returning = sectionsOf(findSection(older, 'physical_volumes')?.children ?? []).find((pv) =>
    idIs(pv, pvUuid),
  );
  if (returning === undefined) throw new Error(`generation ${from.seqno} does not have PV ${pvUuid}`);
  const pvSections = pvs.some((pv) => idIs(pv, pvUuid))
    ? pvs
    : [...pvs, { ...returning, key: freeName(pvs) }];

  const nameNow = new Map(sectionsOf(pvSections).map((pv) => [findStrings(pv.children, 'id')?.[0], pv.key]));
  const renamed = new Map(from.pvs.map((pv) => [pv.name, nameNow.get(pv.uuid) ?? pv.name]));
  const lvs = sectionsOf(findSection(older, 'logical_volumes')?.children ?? [])
    .filter((lv) => lvUuids.some((id) => idIs(lv, id)))
    .map((lv) => ({ ...lv, children: lv.children.map((node) => renameAreas(node, renamed)) }));

  return {
    nodes: changeSection(tree.nodes, [vgName], (vg) => {
      const withPv = changeSection(vg, ['physical_volumes'], () => pvSections);
      if (lvs.length === 0) return withPv;
      if (findSection(withPv, 'logical_volumes') === undefined) {
        const after = withPv.findIndex((node) => node.key === 'physical_volumes') + 1;
        return withPv.toSpliced(after, 0, { kind: 'section', key: 'logical_volumes', children: lvs });
      }
      return changeSection(withPv, ['logical_volumes'], (present) => [
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

/** lvm renumbers PV sections at will: an older generation's `pv1` can be another disk's name now. */
function renameAreas(node: ConfigNode, renamed: ReadonlyMap<string, string>): ConfigNode {
  if (node.kind === 'section') {
    return { ...node, children: node.children.map((child) => renameAreas(child, renamed)) };
  }
  if ((node.key !== 'stripes' && node.key !== 'mirrors') || node.value.kind !== 'array') return node;
  const items = node.value.items.map((item) =>
    item.kind === 'string' ? { ...item, value: renamed.get(item.value) ?? item.value } : item,
  );
  return { ...node, value: configArray(items) };
}
