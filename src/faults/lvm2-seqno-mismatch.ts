import { defineFault } from './define.ts';
import { at, eachMember } from './evidence.ts';
import { conditionOf, isMarkedMissing } from './volume-group/condition.ts';

export const seqnoMismatch = defineFault({
  id: 'lvm2-seqno-mismatch',
  layer: 'volume-group',
  summary: 'physical volumes of one volume group hold different generations of its metadata',
  doc: `
What it is
  Every metadata text is whole, but they are of different age: their seqno differs.

What causes it
  Disks of one guest were backed up at different times, or one of them was not visible (or could not be written)
  when the volume group was changed.

How to see it
  lvm pvck --dump metadata DEVICE on each physical volume, and compare seqno. lvm vgck says nothing and exits 0.

The repair
  The newest generation, in which every volume is whole, is written to all physical volumes again, with a seqno above
  all that were ever seen (lvm vgcfgrestore).

The risk
  Extents are never taken from the older generation: a volume that was removed, extended or moved since stays so. If
  the disks themselves are of different age, their content is too: check filesystems afterwards.
`,
  detect: (survey) =>
    eachMember(survey, (member, view) => {
      const { region } = member;
      if (region === null || isMarkedMissing(member)) return null;
      const { staleAreas } = conditionOf(member, view);
      const [first] = staleAreas;
      if (first === undefined) return null;
      const newest = view.base.metadata.seqno;
      return {
        summary: `${region.id} holds generation ${first.committed?.text?.metadata.seqno} of ${view.ref.name}, but the newest is ${newest}`,
        evidence: staleAreas.map((area) =>
          at(region, area.offsetBytes, `seqno ${area.committed?.text?.metadata.seqno}`, `seqno ${newest}`),
        ),
      };
    }),
  plan: () => ({
    kind: 'plan',
    choices: [
      {
        id: 'restore',
        policy: 'safe',
        title: 'write the newest generation to every physical volume',
        caveats: [],
        losses: [],
        intents: [{ kind: 'agree', contested: false }],
      },
    ],
  }),
});
