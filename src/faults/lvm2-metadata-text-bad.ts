import type { Evidence } from '../model/finding.ts';
import type { CommittedText, MetadataArea, Region } from '../model/survey.ts';
import { hex32 } from '../model/units.ts';
import { defineFault } from './define.ts';
import { at, eachMember, eachStranger } from './evidence.ts';
import { rebuildChoice } from './rebuild.ts';
import { areasOf, conditionOf } from './volume-group/condition.ts';

export const metadataTextBad = defineFault({
  id: 'lvm2-metadata-text-bad',
  layer: 'text',
  summary: 'a metadata text is damaged: its CRC does not hold',
  doc: `
What it is
  The metadata area is in order, but the text that it points at is not the one that was written.

What causes it
  Something wrote into the first MiB of the disk, a write was torn, bits rotted.

How to see it
  lvm pvck --dump metadata DEVICE prints a checksum error; lvm vgs warns. lvm vgck exits 0.

The repair
  A good copy on another physical volume is written to all (lvm pvcreate --uuid --restorefile for the damaged ones, then
  lvm vgcfgrestore). When every copy is bad and changing exactly one byte makes the CRC hold, the text so mended is
  proven. Otherwise an older generation, a file in /etc/lvm, or a whole text with another one's checksum (two hosts wrote
  at once) is offered, for a person to decide: that nothing newer was there, they do not show.

The risk
  An older generation can look whole and be wrong: a volume that was extended or moved since would be cut or mixed
  up. lvmedic does not act on one without proof, unless a person says so.
`,
  detect: (survey) => [
    ...eachMember(survey, (member, view) =>
      member.region === null
        ? null
        : judge(member.region, conditionOf(member, view).badTexts, `volume group ${view.ref.name}`),
    ),
    ...eachStranger(survey, (region) =>
      judge(region, areasOf(region).badTexts, 'its volume group is not known'),
    ),
  ],
  plan: rebuildChoice,
});

function judge(region: Region, badTexts: readonly MetadataArea[], owner: string) {
  if (badTexts.length === 0) return null;
  return {
    summary: `the metadata text of ${region.id} (${owner}) is damaged`,
    evidence: badTexts.flatMap((area) => {
      const { committed } = area;
      if (committed === null) return [];
      const offset = area.offsetBytes + (area.slots[0]?.offsetBytes ?? 0);
      if (committed.crcComputed === committed.crcStored) return [unusable(region, offset, committed)];
      const crc = at(
        region,
        offset,
        `CRC ${hex32(committed.crcComputed)}`,
        `CRC ${hex32(committed.crcStored)}`,
      );
      if (committed.corrected === null) return [crc];
      const mended = at(
        region,
        committed.corrected.offsetBytes,
        'one wrong byte',
        'the one byte that makes the CRC hold',
      );
      return [crc, mended];
    }),
  };
}

/** Whoever wrote such a text gave it a right CRC: what is wrong is what it says. */
function unusable(region: Region, offset: number, { problems }: CommittedText): Evidence {
  const [problem] = problems;
  const why = problem?.message.replace(/\.$/, '') ?? 'it is cut off';
  const found = problem?.found === undefined ? '' : ` (it says there: ${problem.found})`;
  return at(
    region,
    problem?.offsetBytes ?? offset,
    `a text that does not read, though its CRC holds: ${why}${found}`,
    'the metadata of a volume group',
  );
}
