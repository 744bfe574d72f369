import {
  type ConfigNode,
  type ConfigSection,
  type ConfigTree,
  findNumber,
  findSection,
  findString,
  findStrings,
  sectionsOf,
} from '../../../model/config-tree.ts';
import type { LvSection, PvSection, VgMetadata } from '../../../model/metadata.ts';
import type { Decoded } from '../../../model/problem.ts';
import { RequiredKeys } from './required-keys.ts';
import { decodeSegments } from './segments.ts';

const VG_NAME = /^[A-Za-z0-9+_.][A-Za-z0-9+_.-]{0,126}$/;
const MAX_SEQNO = 2 ** 32 - 1;

/**
 * What a tree says of its volume group. `null` when it lacks something without which lvm refuses it:
 * then every lack is a problem. Unknown keys are kept in `tree` and otherwise passed over.
 */
export function decodeMetadata(tree: ConfigTree): Decoded<VgMetadata | null> {
  const required = new RequiredKeys();
  if (
    findString(tree.nodes, 'contents') !== 'Text Format Volume Group' ||
    findNumber(tree.nodes, 'version') !== 1
  ) {
    required.lack('text-contents', 'The text does not say that it is LVM metadata, version 1.');
  }
  const [vg, ...others] = sectionsOf(tree.nodes);
  if (!vg || others.length > 0) {
    required.lack(
      'text-groups',
      `The text describes ${vg ? others.length + 1 : 'no'} volume groups instead of one.`,
    );
    return { value: null, problems: required.problems };
  }
  if (!VG_NAME.test(vg.key)) required.lack('text-name', 'The volume group has no valid name.');
  const value = decodeGroup(tree, vg, required);
  if (value.seqno > MAX_SEQNO) required.lack('text-seqno', 'The seqno is beyond 32 bits.');
  if (!findSection(vg.children, 'physical_volumes'))
    required.lack('text-pvs', 'The text names no physical volumes.');
  const { problems } = required;
  return { value: problems.length === 0 ? value : null, problems };
}

function decodeGroup(tree: ConfigTree, vg: ConfigSection, required: RequiredKeys): VgMetadata {
  const where = 'The volume group';
  const sections = (key: string) => sectionsOf(findSection(vg.children, key)?.children ?? []);
  const pvs = sections('physical_volumes').map((section) => decodePv(section, required));
  const pvNames = new Set(pvs.map((pv) => pv.name));
  return {
    name: vg.key,
    uuid: required.uuid(vg.children, where),
    seqno: required.number(vg.children, 'seqno', where),
    ...marks(vg.children),
    tags: findStrings(vg.children, 'tags') ?? [],
    extentSizeSectors: required.number(vg.children, 'extent_size', where),
    systemId: findString(vg.children, 'system_id') || null,
    lockType: findString(vg.children, 'lock_type') || null,
    pvs,
    lvs: sections('logical_volumes').map((section) => decodeLv(section, pvNames, required)),
    description: shown(findString(tree.nodes, 'description')),
    creationHost: shown(findString(tree.nodes, 'creation_host')),
    creationTime: findNumber(tree.nodes, 'creation_time') ?? 0,
    tree,
  };
}

function decodePv({ key: name, children }: ConfigSection, required: RequiredKeys): PvSection {
  const where = `Physical volume ${name}`;
  return {
    name,
    uuid: required.uuid(children, where),
    deviceHint: shown(findString(children, 'device')),
    ...marks(children),
    devSizeSectors: findNumber(children, 'dev_size') ?? null,
    peStartSectors: required.number(children, 'pe_start', where),
    peCount: required.number(children, 'pe_count', where),
  };
}

function decodeLv(section: ConfigSection, pvNames: ReadonlySet<string>, required: RequiredKeys): LvSection {
  const { key: name, children } = section;
  return {
    name,
    uuid: required.uuid(children, `Logical volume ${name}`),
    ...marks(children),
    tags: findStrings(children, 'tags') ?? [],
    creationHost: shown(findString(children, 'creation_host')),
    creationTime: findNumber(children, 'creation_time') ?? null,
    segments: decodeSegments(section, pvNames, required),
  };
}

const marks = (nodes: readonly ConfigNode[]) => ({
  status: findStrings(nodes, 'status') ?? [],
  flags: findStrings(nodes, 'flags') ?? [],
});

/** A string that people read and lvm does not: its bytes are UTF-8. */
const shown = (text: string | undefined): string => Buffer.from(text ?? '', 'latin1').toString();
