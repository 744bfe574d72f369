import type { Occurrence } from '../model/finding.ts';
import type { Survey } from '../model/survey.ts';
import { defineFault } from './define.ts';
import { aboutPv, at, eachMember, viewOf } from './evidence.ts';
import { rebuildChoice } from './rebuild.ts';
import { conditionOf } from './volume-group/condition.ts';
import { volumeGroups } from './volume-group/view.ts';

export const metadataLost = defineFault({
  id: 'lvm2-metadata-lost',
  layer: 'label',
  summary: 'label and metadata of a physical volume are gone, its data is not',
  doc: `
What it is
  The beginning of the disk was zeroed or written over (a filesystem, a partition table), so LVM sees no physical
  volume. What the logical volumes hold begins only behind it and is mostly still there.

What causes it
  A wrong dd, mkfs or partitioning tool; an installer; a restore that skipped the first blocks.

How to see it
  lvm pvs does not list the disk, and the volume group misses one of exactly its size.

The repair
  The disk is recognised by what stands on it: superblocks at the places where the metadata puts logical volumes, the
  volume group's own texts; its size alone proves nothing. Then lvm pvcreate --uuid --restorefile and lvm vgcfgrestore.
  A disk whose label is right and whose metadata areas are empty, though volumes stand on it, was made a physical volume
  anew, under its old id, and the metadata never came: the same, from its ring or from lvm's files.

The risk
  A disk that merely has the right size must not be taken for the lost one, and a filesystem that somebody made on
  it and uses must not be overwritten: in both cases lvmedic asks.
`,
  detect: (survey) => [
    ...eachMember(survey, (member, view) => {
      const { region } = member;
      if (region === null || !conditionOf(member, view).metadataLost) return null;
      const now = region.headBlank
        ? 'zeros'
        : (region.signatures[0]?.type ??
          (member.standing === 'present' ? 'empty metadata areas' : 'other bytes'));
      return {
        summary: `label and metadata of ${region.id} are lost; it is a physical volume of ${view.ref.name} (${member.identifiedBy})`,
        evidence: [
          at(region, 0, now, `label and metadata of PV ${member.section.uuid}`),
          ...survey.hypotheses
            .filter((each) => each.regionId === region.id && each.pvUuid === member.section.uuid)
            .flatMap(({ example }) =>
              example === null
                ? []
                : [at(region, example.offsetBytes, example.found, 'just this, by the metadata')],
            ),
        ],
      };
    }),
    ...overwritten(survey),
  ],
  plan: (finding, survey) => {
    if (finding.regionId !== null) return rebuildChoice(finding, survey);
    const member = viewOf(finding, survey)?.members.find((each) => each.section.uuid === finding.pvUuid);
    const alive = member?.candidates.flatMap((region) =>
      region.signatures
        .filter((each) => each.live)
        .map((each) => `${region.id} holds a ${each.type} in one piece`),
    );
    return {
      kind: 'declined',
      reason:
        `${alive?.join(', ')}: somebody may be using that filesystem or these partitions. If it was made by mistake, ` +
        'copy what is worth keeping, and attach the disk from a backup instead.',
      choices: [],
    };
  },
});

/** Something alive stands on the only disk that can be the PV: said, but never decided. */
function overwritten(survey: Survey): Occurrence[] {
  return volumeGroups(survey).flatMap((view) =>
    view.members.flatMap((member): Occurrence[] => {
      const region = member.candidates.find((each) => each.signatures.some((signature) => signature.live));
      if (member.standing !== 'uncertain' || region === undefined) return [];
      const type = region.signatures.find((each) => each.live)?.type ?? 'filesystem';
      return [
        {
          ...aboutPv(view, member.section.uuid, null),
          devices: [region.device],
          summary: `${region.id} has exactly the size of a physical volume that ${view.ref.name} misses, but holds a ${type}`,
          evidence: [at(region, 0, type, `label and metadata of PV ${member.section.uuid}`)],
        },
      ];
    }),
  );
}
