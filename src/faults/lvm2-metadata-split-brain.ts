import { type ConfigNode, findSection, sectionsOf } from '../model/config-tree.ts';
import { extentMap } from '../model/extents.ts';
import type { Choice } from '../model/finding.ts';
import type { MetadataText } from '../model/survey.ts';
import { hex32 } from '../model/units.ts';
import { defineFault } from './define.ts';
import { says, viewOf } from './evidence.ts';
import { volumeGroups } from './volume-group/view.ts';

export const metadataSplitBrain = defineFault({
  id: 'lvm2-metadata-split-brain',
  layer: 'volume-group',
  summary: 'two different metadata texts claim to be the same generation',
  doc: `
What it is
  Physical volumes of one volume group hold texts with the same seqno that are not the same text. Each was changed
  without the other.

What causes it
  Two machines (a guest and a backup proxy, two nodes) changed the volume group, each seeing only some of its disks;
  or lvm pvck --repair was run on one disk alone.

How to see it
  The seqnos agree, so lvm says little: compare the texts that lvm pvck --dump metadata prints on each disk.

The repair
  One side is chosen and written to all physical volumes, twice (a single lvm vgcfgrestore leaves the sides at
  different generations). When both say the same of their logical volumes, it does not matter which: the later one is
  taken, and the tags of both are kept.

The risk
  When the sides differ in their logical volumes, choosing the wrong one loses what only the other knows. A person
  decides, by what each side contains.
`,
  detect: (survey) =>
    volumeGroups(survey)
      .filter((view) => view.sides.length > 1)
      .map((view) => ({
        volumeGroup: view.ref,
        pvUuid: null,
        regionId: null,
        devices: [
          ...new Set(
            view.committed
              .filter((each) => view.sides.some((side) => side.digest === each.text.digest))
              .map((each) => each.region.device),
          ),
        ],
        severity: 'error' as const,
        summary: `${view.sides.length} different texts of ${view.ref.name} claim to be generation ${view.base.metadata.seqno}`,
        evidence: view.sides.map((side) =>
          says(side, `CRC ${hex32(side.crc)}, ${describe(side)}`, 'one text on all physical volumes'),
        ),
      })),
  plan: (finding, survey) => {
    const view = viewOf(finding, survey);
    const [first, ...others] = view?.sides ?? [];
    if (first === undefined) return { kind: 'declined', reason: 'the sides are gone', choices: [] };
    const sides = [first, ...others];
    const choice = (side: MetadataText): Choice => {
      const losses = lossesOf(side, sides);
      const alike = losses.length === 0 && sides.every((other) => isAlike(side, other));
      return {
        id: `keep-side-${side.digest.slice(0, 8)}`,
        policy: alike ? 'safe' : 'ask',
        title: `keep the side that ${describe(side)}`,
        caveats: alike ? [] : ['the sides differ in more than tags: choose the side to keep'],
        losses,
        intents: [
          { kind: 'base', text: side },
          { kind: 'agree', contested: true, tags: sides.flatMap(({ metadata }) => metadata.tags) },
        ],
      };
    };
    return { kind: 'plan', choices: [choice(first), ...others.map(choice)] };
  },
  explains: (finding, other) =>
    other.fault === 'lvm2-pv-marked-missing' && other.volumeGroup?.uuid === finding.volumeGroup?.uuid,
});

function describe(side: MetadataText): string {
  const { creationHost, creationTime, lvs } = side.metadata;
  const when = new Date(creationTime * 1000);
  const date = Number.isNaN(when.getTime()) ? 'at an unknown time' : when.toISOString();
  return `was written by ${creationHost || 'an unknown host'} ${date}, with ${lvs.map((lv) => lv.name).join(', ') || 'no LV'}`;
}

function lossesOf(side: MetadataText, all: readonly MetadataText[]): string[] {
  return all
    .filter((other) => other !== side)
    .flatMap((other) =>
      other.metadata.lvs
        .filter((lv) => !side.metadata.lvs.some((mine) => mine.uuid === lv.uuid))
        .map((lv) => `logical volume ${lv.name}, which only the other side knows`),
    );
}

/** True when two sides say the same of PVs and LVs, but for PVs that were away; tags of the VG are kept of both. */
const isAlike = (a: MetadataText, b: MetadataText): boolean =>
  extentMap(a.metadata) === extentMap(b.metadata) && substanceOf(a) === substanceOf(b);

/** What of a text is no trace of who wrote it, and when; in an order that does not depend on how lvm numbers its PVs. */
function substanceOf({ metadata: { name, tree } }: MetadataText): string {
  const vg = findSection(tree.nodes, name)?.children ?? [];
  const values = without(vg, ['seqno', 'flags', 'tags']).filter(({ kind }) => kind === 'value');
  const pvs = sectionsOf(findSection(vg, 'physical_volumes')?.children ?? []).map(({ children }) =>
    without(children, ['device', 'flags', 'device_id', 'device_id_type']),
  );
  // Extents were compared; lvm's names of PVs in them are no difference.
  const lvs = sectionsOf(findSection(vg, 'logical_volumes')?.children ?? []).map(({ key, children }) => [
    key,
    ...children.filter(({ kind }) => kind === 'value'),
  ]);
  return [[values], pvs, lvs].map((each) => each.map(asText).sort().join('\n')).join('\n');
}

const without = (nodes: readonly ConfigNode[], keys: readonly string[]): ConfigNode[] =>
  nodes.filter(({ key }) => !keys.includes(key));

const asText = (value: unknown): string =>
  JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? `${each}` : each));
