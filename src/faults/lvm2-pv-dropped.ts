import type { Choice, Occurrence, PlanChoice } from '../model/finding.ts';
import { type MetadataText, type Region, type Survey, standaloneRegions } from '../model/survey.ts';
import { defineFault } from './define.ts';
import { aboutPv, at, plural, says, viewOf } from './evidence.ts';
import { proofOf } from './volume-group/base.ts';
import { baseCaveats } from './volume-group/certainty.ts';
import { sizeFits } from './volume-group/identify.ts';
import { type Fate, fateOf } from './volume-group/lineage.ts';
import { labelledUuid, textsIn } from './volume-group/pieces.ts';
import { type VolumeGroupView, volumeGroups } from './volume-group/view.ts';

export const pvDropped = defineFault({
  id: 'lvm2-pv-dropped',
  layer: 'volume-group',
  summary: 'a physical volume was thrown out of its volume group while it was away',
  doc: `
What it is
  The disk still says that it belongs to the volume group; the volume group's newest metadata does not know it any
  more, nor the logical volumes that used it.

What causes it
  lvm vgreduce --removemissing --force, run by hand, by a script or by a backup proxy while the disk was not visible.

How to see it
  lvm vgs warns about an outdated physical volume. It then suggests lvm vgck --updatemetadata: do not. That wipes the
  metadata on the disk that was thrown out, the best copy of what is needed now.

The repair
  The newest metadata, plus the physical volume and the logical volumes that the removal took away, as the last
  generation before it has them; written to all physical volumes with lvm vgcfgrestore, under a seqno above all that
  were ever seen.

The risk
  Extents that were given to another volume since hold other data now: then lvmedic declines. A volume that somebody
  removed on purpose stays removed.
`,
  detect: (survey) =>
    volumeGroups(survey).flatMap((view) =>
      standaloneRegions(survey).flatMap((region): Occurrence[] => {
        const drop = dropOf(region, view, survey);
        if (drop === null) return [];
        const { fate, pvUuid } = drop;
        const { from } = fate;
        const lost = fate.lost.map((lv) => lv.name).join(', ');
        return [
          {
            ...aboutPv(view, pvUuid, region),
            summary: `${region.id} was thrown out of volume group ${view.ref.name}${lost === '' ? '' : `, and ${lost} with it`}`,
            evidence: [
              at(
                region,
                region.pv.header?.offsetBytes ?? 0,
                `a label, and texts of ${view.ref.name}`,
                'a member of it',
              ),
              says(from, `generation ${from.metadata.seqno} has PV ${pvUuid}`, 'the same in the newest'),
              says(
                view.base,
                `generation ${view.base.metadata.seqno} does not have it`,
                `PV ${pvUuid} among its members`,
              ),
            ],
          },
        ];
      }),
    ),
  plan: (finding, survey): PlanChoice => {
    const view = viewOf(finding, survey);
    const region = standaloneRegions(survey).find((each) => each.id === finding.regionId);
    const drop = view && region ? dropOf(region, view, survey) : null;
    if (view === undefined || drop === null) {
      return { kind: 'declined', reason: 'what the disk was before is not known', choices: [] };
    }
    const { overwritten } = drop.fate;
    if (overwritten.length > 0) {
      return {
        kind: 'declined',
        reason: `${overwritten.join('; ')}. Restore the disks from a backup made before the removal, or copy what is left with other tools.`,
        choices: [],
      };
    }
    const { extentSizeSectors } = view.base.metadata;
    const sources = [drop.fate.from, ...drop.fate.lost.map((lv) => lv.from)];
    if (sources.some(({ metadata }) => metadata.extentSizeSectors !== extentSizeSectors)) {
      return { kind: 'declined', reason: 'the extent size was changed since the removal', choices: [] };
    }
    return { kind: 'plan', choices: [adopt(drop, view, survey)] };
  },
});

interface Drop {
  readonly region: Region;
  readonly pvUuid: string;
  readonly fate: Fate;
  /** The disk got a new identity, or its areas were cleared. */
  readonly needsRebuild: boolean;
}

/** What was thrown out of the VG with this region; null when nothing was. */
function dropOf(region: Region, view: VolumeGroupView, survey: Survey): Drop | null {
  const labelled = labelledUuid(region);
  if (labelled === null || view.members.some((member) => member.section.uuid === labelled)) return null;
  if (!view.outsiders.includes(region) || ownedByAnother(region, view)) return null;
  const pvUuid = formerId(region, labelled, view);
  const fate = pvUuid === null ? null : fateOf(pvUuid, view, (text) => isProven(text, region, survey));
  if (pvUuid === null || fate === null) return null;
  const cleared = region.pv.metadataAreas.every((area) => area.committed === null);
  // Taken out while it was there and emptied by lvm itself: an ordinary vgreduce.
  if (cleared && !fate.forced) return null;
  return { region, pvUuid, fate, needsRebuild: labelled !== pvUuid };
}

/** The id it had in the VG: its own, or that of the one lost PV of its size when it was created anew. */
function formerId(region: Region, labelled: string, view: VolumeGroupView): string | null {
  if (view.texts.some((text) => text.metadata.pvs.some((pv) => pv.uuid === labelled))) return labelled;
  const members = new Set(view.members.map((member) => member.section.uuid));
  const gone = new Map(
    view.texts
      .flatMap((text) => text.metadata.pvs)
      .filter((pv) => !members.has(pv.uuid) && sizeFits(pv, region))
      .map((pv) => [pv.uuid, pv]),
  );
  return gone.size === 1 ? ([...gone.keys()][0] ?? null) : null;
}

function ownedByAnother(region: Region, view: VolumeGroupView): boolean {
  return region.pv.metadataAreas.some(
    (area) => area.committed?.good && area.committed.text?.metadata.uuid !== view.ref.uuid,
  );
}

/** Committed on the disk itself, or borne out by a second copy or by what stands on the disks. */
function isProven(text: MetadataText, region: Region, survey: Survey): boolean {
  const isOwn = region.pv.metadataAreas.some(
    (area) => area.committed?.good && area.committed.text?.digest === text.digest,
  );
  return isOwn || proofOf(text, survey) !== 'none';
}

function adopt({ region, pvUuid, fate, needsRebuild }: Drop, view: VolumeGroupView, survey: Survey): Choice {
  const caveats = [
    ...(fate.forced ? [] : ['no generation shows that the disk was missing when it was removed']),
    ...fate.objections,
    ...(textsIn(region).some((text) => text.metadata.uuid !== view.ref.uuid)
      ? ['the disk was part of another volume group too: its extents may hold other data']
      : []),
    ...baseCaveats(view, survey),
  ];
  const lost = fate.lost.map((lv) => lv.name).join(', ');
  const sources = new Map([fate.from, ...fate.lost.map((lv) => lv.from)].map((text) => [text.digest, text]));
  return {
    id: 'adopt',
    policy: caveats.length === 0 ? 'safe' : 'ask',
    title: `take the disk back${lost === '' ? '' : `, with ${plural(fate.lost.length, 'volume')}: ${lost}`}`,
    caveats,
    losses: [],
    intents: [
      ...(needsRebuild ? [{ kind: 'rebuild-pv' as const, pvUuid, regionId: region.id }] : []),
      ...[...sources.values()].map((from) => ({
        kind: 'adopt-pv' as const,
        ...{ pvUuid, regionId: region.id, from },
        lvUuids: fate.lost
          .filter((lv) => lv.from.digest === from.digest)
          .flatMap((lv) => lv.lvs.map((each) => each.uuid)),
      })),
    ],
  };
}
