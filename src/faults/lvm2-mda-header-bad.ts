import type { MetadataArea, Region } from '../model/survey.ts';
import { defineFault } from './define.ts';
import { eachMember, eachStranger, problemAt } from './evidence.ts';
import { rebuildChoice } from './rebuild.ts';
import { areasOf, conditionOf } from './volume-group/condition.ts';
import { labelledUuid } from './volume-group/pieces.ts';

export const mdaHeaderBad = defineFault({
  id: 'lvm2-mda-header-bad',
  layer: 'metadata-area',
  summary: 'the header of a metadata area is damaged',
  doc: `
What it is
  The first 512 bytes of a metadata area say which text in it is the valid one. They fail their check, so LVM sees
  no metadata on this physical volume. LVM 2.02 counts the whole physical volume as missing.

What causes it
  Something wrote to the first sectors of the disk, a write was torn, bits rotted.

How to see it
  lvm pvck DEVICE; lvm pvs warns about the metadata area. lvm vgck exits 0.

The repair
  Label and metadata areas are made anew under the same id (lvm pvcreate --uuid --restorefile), then the newest text
  is written to all physical volumes (lvm vgcfgrestore). lvm vgck --updatemetadata does not repair this.

The risk
  None for the data. Old generations in this area are overwritten in part; the undo record keeps them.
`,
  detect: (survey) => [
    ...eachMember(survey, (member, view) =>
      member.region === null
        ? null
        : judge(member.region, conditionOf(member, view).badHeaders, `volume group ${view.ref.name}`),
    ),
    ...eachStranger(survey, (region) =>
      labelledUuid(region) === null
        ? null
        : judge(region, areasOf(region).badHeaders, 'its volume group is not known'),
    ),
  ],
  plan: rebuildChoice,
});

function judge(region: Region, badHeaders: readonly MetadataArea[], owner: string) {
  if (badHeaders.length === 0) return null;
  return {
    summary: `the metadata area of ${region.id} (${owner}) has a damaged header`,
    evidence: badHeaders.map((area) => {
      const problem = area.problems.find((each) => each.found !== undefined) ?? area.problems[0];
      return problemAt(region, area.offsetBytes, problem, 'a metadata area header with a right CRC');
    }),
  };
}
