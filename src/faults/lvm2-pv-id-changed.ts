import type { Evidence } from '../model/finding.ts';
import { defineFault } from './define.ts';
import { at, eachMember, says } from './evidence.ts';
import { rebuildChoice } from './rebuild.ts';
import { conditionOf } from './volume-group/condition.ts';
import { labelledUuid, newestTextIn } from './volume-group/pieces.ts';

export const pvIdChanged = defineFault({
  id: 'lvm2-pv-id-changed',
  layer: 'label',
  summary: 'a disk of the volume group is here, but its label gives another id',
  doc: `
What it is
  The volume group misses a physical volume. A disk that carries the volume group's own metadata, in its metadata area
  or in what is left of it, has a label with an id that the volume group never knew.

What causes it
  lvm pvremove or pvcreate with force on a disk in use, a vgimportclone that ended half-way, an installer that made the
  disk a new physical volume.

How to see it
  lvm pvs shows the disk as one without a volume group (or with duplicate metadata), and "[unknown]" beside it; the old
  texts are still in its first MiB.

The repair
  The label is cleared, lvm pvcreate --uuid --restorefile gives the disk the id by which its volume group knows it, and
  lvm vgcfgrestore writes the metadata. Which one it was is told by the filesystems on it, or by the newest metadata text
  that was written to it: of the physical volumes in that text, the only one that no other disk's label names.

The risk
  A disk that was made a new physical volume may serve for something else since. Where its metadata areas were emptied
  and no filesystem on it shows that it still holds the volume group's data, a person decides.
`,
  detect: (survey) =>
    eachMember(survey, (member, view) => {
      const { region, section } = member;
      if (region === null || !conditionOf(member, view).idChanged) return null;
      const own = newestTextIn(region, view.ref.uuid);
      const text: Evidence[] =
        own === undefined
          ? []
          : [says(own, `generation ${own.metadata.seqno} of ${view.ref.name}`, 'the text of a member')];
      return {
        summary: `${region.id} is a physical volume of ${view.ref.name}, but its label gives another id (${member.identifiedBy})`,
        evidence: [
          at(
            region,
            region.pv.header?.offsetBytes ?? 0,
            `PV id ${labelledUuid(region)}`,
            `PV id ${section.uuid}`,
          ),
          ...text,
        ],
      };
    }),
  plan: rebuildChoice,
});
