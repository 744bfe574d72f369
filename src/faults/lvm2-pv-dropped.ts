import type { Choice, Occurrence, PlanChoice } from '../model/finding.ts';
import { type Region, type Survey, standaloneRegions } from '../model/survey.ts';
import { defineFault } from './define.ts';
import { aboutPv, at, plural, says, viewOf } from './evidence.ts';
import { circumstancesOf } from './volume-group/circumstances.ts';
import { areasOf, isMarkedMissing } from './volume-group/condition.ts';
import { formerIdOf } from './volume-group/identify.ts';
import { adoptions, alsoNeeded, type Fate, fateOf } from './volume-group/lineage.ts';
import { belongsToAnother, isEmptied, labelledUuid, textsIn } from './volume-group/pieces.ts';
import { type VolumeGroupView, volumeGroups } from './volume-group/view.ts';
import { wholenessOf } from './volume-group/wholeness.ts';

export const pvDropped = defineFault({
  id: 'lvm2-pv-dropped',
  layer: 'volume-group',
  summary: 'a physical volume was thrown out of its volume group while it was away',
  doc: `
What it is
  The disk still says that it belongs to the volume group; the volume group's newest metadata does not know it any
  more, nor the logical volumes that used it. A disk that was given up after all was moved off it, or whose cache was
  taken apart, took no volume with it: that is said for information, and nothing is repaired. To use such a disk again,
  lvm vgck --updatemetadata VG clears it, and lvm vgextend VG DEVICE takes it in.

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
  removed on purpose stays removed. LVM writes a removal in several generations, of which the last that still has the
  disk can have lost its volumes already: so all generations back to the last whole one are compared. Where they do not
  reach that far, a person decides.
`,
  detect: (survey) =>
    volumeGroups(survey).flatMap((view) => {
      const drops = thrownOut(view, survey);
      // A repair that is planned says for itself what it would be without.
      const isPlanned =
        drops.some(({ severity }) => severity !== 'info') || view.members.some(isMarkedMissing);
      return isPlanned ? drops : [...drops, ...goneForGood(view, survey)];
    }),
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
    return { kind: 'plan', choices: [adopt(drop, view)] };
  },
});

/** Disks that are here. */
const thrownOut = (view: VolumeGroupView, survey: Survey): Occurrence[] =>
  standaloneRegions(survey).flatMap((region): Occurrence[] => {
    const drop = dropOf(region, view, survey);
    if (drop === null) return [];
    const { fate, pvUuid } = drop;
    const { from } = fate;
    const lost = fate.lost.map((lv) => lv.name).join(', ');
    const evidence = [
      at(
        region,
        region.pv.header?.offsetBytes ?? 0,
        `${labelledUuid(region) === null ? '' : 'a label, and '}texts of ${view.ref.name}`,
        'a member of it',
      ),
      says(from, `generation ${from.metadata.seqno} has PV ${pvUuid}`, 'the same in the newest'),
      says(
        view.base,
        `generation ${view.base.metadata.seqno} does not have it`,
        `PV ${pvUuid} among its members`,
      ),
    ];
    const about = { ...aboutPv(view, pvUuid, region), evidence };
    return isGivenUp(drop)
      ? [
          {
            ...about,
            severity: 'info',
            summary: `${region.id} was given up by volume group ${view.ref.name}, which is complete without it: no volume went with it`,
          },
        ]
      : [
          {
            ...about,
            summary: `${region.id} was thrown out of volume group ${view.ref.name}${lost === '' ? '' : `, and ${lost} with it`}`,
          },
        ];
  });

/**
 * A volume group that is complete, and without LVs that went while a disk was missing: the disk is not here, or was taken in
 * again, empty. Whether that was meant, nobody but its owner can tell.
 */
function goneForGood(view: VolumeGroupView, survey: Survey): Occurrence[] {
  const { lacking } = wholenessOf(view.base.metadata, view, survey);
  const [first] = lacking;
  if (first === undefined) return [];
  const names = lacking.map(({ lv }) => lv.name).join(', ');
  return [
    {
      ...{ volumeGroup: view.ref, pvUuid: null, regionId: null, devices: [], severity: 'info' },
      summary: `${names} went from volume group ${view.ref.name} while a disk of it was missing: whether that was meant cannot be told`,
      evidence: lacking.map(({ last, lv, why }) =>
        says(
          last,
          `generation ${last.metadata.seqno} has ${lv.name}`,
          `the same in generation ${view.base.metadata.seqno} (${why})`,
        ),
      ),
    },
  ];
}

interface Drop {
  readonly region: Region;
  readonly pvUuid: string;
  readonly fate: Fate;
  /** Its label gives another id or none, or its areas are damaged. */
  readonly needsRebuild: boolean;
}

/** Nothing went with it, as far as the generations reach, and they reach far enough. */
const isGivenUp = ({ fate }: Drop): boolean => fate.lost.length === 0 && fate.objections.length === 0;

/** What was thrown out of the VG with this region; null when nothing was. */
function dropOf(region: Region, view: VolumeGroupView, survey: Survey): Drop | null {
  const labelled = labelledUuid(region);
  if (view.members.some((member) => member.section.uuid === labelled)) return null;
  if (!view.outsiders.includes(region) || belongsToAnother(region, view.ref.uuid)) return null;
  const pvUuid = formerIdOf(region, view, standaloneRegions(survey));
  const fate = pvUuid === null ? null : fateOf(pvUuid, view, circumstancesOf(view, survey, region));
  if (pvUuid === null || fate === null) return null;
  const { badHeaders, badTexts } = areasOf(region);
  const needsRebuild = labelled !== pvUuid || badHeaders.length + badTexts.length > 0;
  const drop = { region, pvUuid, fate, needsRebuild };
  // Taken out while it was there and emptied by lvm itself: an ordinary vgreduce.
  return isEmptied(region) && isGivenUp(drop) ? null : drop;
}

function adopt({ region, pvUuid, fate, needsRebuild }: Drop, view: VolumeGroupView): Choice {
  const caveats = [
    ...fate.objections,
    ...region.signatures
      .filter(({ live }) => live)
      .map(({ type }) => `${region.id} holds a ${type} that is in one piece: somebody may be using it`),
    ...(textsIn(region).some((text) => text.metadata.uuid !== view.ref.uuid)
      ? ['the disk was part of another volume group too: its extents may hold other data']
      : []),
  ];
  const returning = fate.lost.filter(({ obstacle }) => obstacle === null);
  const names = returning.map((lv) => lv.name).join(', ');
  return {
    id: 'adopt',
    policy: caveats.length === 0 ? 'safe' : 'ask',
    title: `take the disk back${names === '' ? '' : `, with ${plural(returning.length, 'volume')}: ${names}`}`,
    caveats,
    losses: [],
    intents: [
      ...(needsRebuild ? [{ kind: 'rebuild-pv' as const, pvUuid, regionId: region.id }] : []),
      ...adoptions(fate, returning).map((each) => ({ ...each, pvUuid, regionId: region.id })),
      ...alsoNeeded(returning, view, pvUuid),
    ],
  };
}
