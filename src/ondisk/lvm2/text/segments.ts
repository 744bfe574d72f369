import {
  type ConfigNode,
  type ConfigSection,
  findNumber,
  findString,
  findValue,
  numberOf,
  sectionsOf,
} from '../../../model/config-tree.ts';
import type { Segment, SegmentArea } from '../../../model/metadata.ts';
import type { RequiredKeys } from './required-keys.ts';

/** Keys whose value names another LV that the segment cannot do without. */
const REFERENCES = [
  'metadata',
  'pool',
  'thin_pool',
  'origin',
  'external_origin',
  'cow_store',
  'merging_store',
  'merge',
  'cache_pool',
  'data',
  'writecache',
  'mirror_log',
  'vdo_pool',
  'meta_dev',
];

/** How many of a RAID segment's legs hold parity, by level. */
const PARITY_LEGS: Readonly<Record<string, number>> = { raid4: 1, raid5: 1, raid6: 2 };

/** The segments of an LV section, in order of their place in the LV. */
export function decodeSegments(
  lv: ConfigSection,
  pvNames: ReadonlySet<string>,
  required: RequiredKeys,
): readonly Segment[] {
  return sectionsOf(lv.children)
    .map(({ key, children }) => decodeSegment(children, pvNames, `Segment ${key} of ${lv.key}`, required))
    .sort((a, b) => a.startExtent - b.startExtent);
}

function decodeSegment(
  nodes: readonly ConfigNode[],
  pvNames: ReadonlySet<string>,
  where: string,
  required: RequiredKeys,
): Segment {
  const extentCount = required.number(nodes, 'extent_count', where);
  // Status flags may be appended: `cache-pool+METADATA_FORMAT`.
  const type = (findString(nodes, 'type') ?? 'striped').replace(/\+.*/, '');
  const raid = raidLegs(nodes);
  const placed = [...pairs(nodes, 'stripes'), ...pairs(nodes, 'mirrors')];
  const legs = raid ? raid.images.map((name) => ({ name, startExtent: 0 })) : placed;
  const references = REFERENCES.flatMap((key) => findString(nodes, key) ?? []);
  return {
    startExtent: required.number(nodes, 'start_extent', where),
    extentCount,
    type,
    areaExtents: Math.ceil(extentCount / dataLegs(type, legs.length, nodes)),
    areas: legs.map((leg): SegmentArea => ({ on: pvNames.has(leg.name) ? 'pv' : 'lv', ...leg })),
    dependsOn: [...new Set([...(raid?.metadata ?? []), ...references])],
    isMerging: findString(nodes, 'merging_store') !== undefined,
  };
}

/** Among how many legs the segment's extents are shared out; the others hold copies or parity. */
function dataLegs(type: string, legs: number, nodes: readonly ConfigNode[]): number {
  if (type === 'striped') return Math.max(1, findNumber(nodes, 'stripe_count') ?? legs);
  const level = /^raid\d+/.exec(type)?.[0] ?? '';
  if (level === 'raid0') return Math.max(1, legs);
  if (level === 'raid10') return Math.max(1, Math.floor(legs / (findNumber(nodes, 'data_copies') ?? 2)));
  const parity = PARITY_LEGS[level];
  return parity === undefined ? 1 : Math.max(1, legs - parity);
}

/** `["pv0", 0, "pv1", 12]`: names of PVs or LVs, each with its first extent there. */
function pairs(nodes: readonly ConfigNode[], key: string): { name: string; startExtent: number }[] {
  const value = findValue(nodes, key);
  const items = value?.kind === 'array' ? value.items : [];
  return items.flatMap((item, at) => {
    const next = items[at + 1];
    const startExtent = next && numberOf(next);
    return item.kind === 'string' && startExtent !== undefined ? [{ name: item.value, startExtent }] : [];
  });
}

/** `raids` names a metadata LV and an image LV for each leg, `raid0_lvs` image LVs alone. */
function raidLegs(nodes: readonly ConfigNode[]): { metadata: string[]; images: string[] } | null {
  const withMetadata = findValue(nodes, 'raids');
  const value = withMetadata ?? findValue(nodes, 'raid0_lvs');
  if (value?.kind !== 'array') return null;
  const names = value.items.map((item) => (item.kind === 'string' ? item.value : ''));
  if (!withMetadata) return { metadata: [], images: names };
  return { metadata: names.filter((_, at) => at % 2 === 0), images: names.filter((_, at) => at % 2 === 1) };
}
