import type { Evidence } from '../model/finding.ts';
import type { Region } from '../model/survey.ts';
import { defineFault } from './define.ts';
import { at, eachMember, eachStranger, problemAt } from './evidence.ts';
import { rebuildChoice } from './rebuild.ts';
import { conditionOf } from './volume-group/condition.ts';
import { labelledUuid } from './volume-group/pieces.ts';

const SECTOR_BYTES = 512;

export const labelDamaged = defineFault({
  id: 'lvm2-label-damaged',
  layer: 'label',
  summary: 'the label that makes a device a physical volume is damaged or gone, its metadata is not',
  doc: `
What it is
  LVM recognises a physical volume by a label in its second sector. The label is gone or fails its check, so LVM
  takes the device for an empty one, while the metadata behind it is whole.

What causes it
  A boot loader, a partitioning tool or wipefs wrote to the first sectors; a restore went wrong; bits rotted.

How to see it
  lvm pvs does not list the device; lvm pvck --dump headers DEVICE shows what is wrong.

The repair
  The damaged sector is cleared, then lvm pvcreate --uuid --restorefile writes a new label and lvm vgcfgrestore the
  metadata. The id comes from the metadata text, never from the damaged sector: a repaired checksum over a wrong id
  would make LVM throw the disk out.

The risk
  None for the data: only label and metadata areas are written, and they are saved first.
`,
  detect: (survey) => [
    ...eachMember(survey, (member, view) => {
      const { region } = member;
      if (region === null || !conditionOf(member, view).labelDamaged) return null;
      const remnants = remnantsOf(region);
      const gone = at(region, SECTOR_BYTES, 'no label', `label of PV ${member.section.uuid}`);
      return {
        summary: `the label of ${region.id} is ${remnants.length > 0 ? 'damaged' : 'gone'}; it is a physical volume of ${view.ref.name} (${member.identifiedBy})`,
        evidence: remnants.length > 0 ? remnants : [gone],
      };
    }),
    ...eachStranger(survey, (region) =>
      labelledUuid(region) !== null || region.pv.labels.length === 0
        ? null
        : {
            summary: `the label of ${region.id} is damaged; which volume group it belongs to is not known`,
            evidence: remnantsOf(region),
          },
    ),
  ],
  plan: rebuildChoice,
});

function remnantsOf(region: Region): Evidence[] {
  return region.pv.labels.flatMap((label) =>
    label.problems.map((problem) => problemAt(region, label.sector * SECTOR_BYTES, problem, 'a good label')),
  );
}
