import { closureOf, MAX_STACK, runsOf, topLevelLvs } from '../model/extents.ts';
import type { Choice } from '../model/finding.ts';
import type { LvSection, VgMetadata } from '../model/metadata.ts';
import type { Region } from '../model/survey.ts';
import { defineFault } from './define.ts';
import { eachMember, says, viewOf } from './evidence.ts';
import { lvsNeeding } from './volume-group/blockers.ts';
import { farewellTo } from './volume-group/farewell.ts';
import type { VolumeGroupView } from './volume-group/view.ts';

export const pvAbsent = defineFault({
  id: 'lvm2-pv-absent',
  layer: 'volume-group',
  summary: 'a physical volume of the volume group is on none of the disks',
  doc: `
What it is
  The volume group's metadata names a physical volume whose label stands on none of the disks that were looked at.

What causes it
  The disk was not restored, is not attached, is behind a controller without a driver, was left out of the backup,
  or is locked (LUKS) or not assembled (md).

How to see it
  lvm pvs shows "[unknown]"; lvm vgs -o vg_missing_pv_count.

The repair
  Nothing in the metadata can bring a disk back: attach or restore it. Until then, volumes that do not use it work,
  and lvm vgchange -ay --activationmode degraded activates them.

The risk
  lvm vgreduce --removemissing --force makes the volume group complete by deleting every logical volume that uses
  the absent disk; also those whose own data is here: an LV whose snapshot or cache was on it. lvmedic offers it only
  where nothing goes that could be kept, gives up snapshots and spares by themselves first, and only as a choice that a
  person must name; it is the wrong one while the disk may still turn up. A disk that merely has the absent one's size is
  never taken for it unless a person says so.
`,
  sparesOtherVolumes: true,
  detect: (survey) =>
    eachMember(survey, (member, view) => {
      if (member.standing !== 'absent' && member.standing !== 'taken') {
        if (member.standing !== 'uncertain') return null;
        if (member.candidates.some((region) => region.signatures.some((each) => each.live))) return null;
      }
      const lvs = usageOf(member.section.uuid, view.base.metadata);
      const hint = lastSeenAs(member.section.uuid, view);
      return {
        summary: `a physical volume of ${view.ref.name} is on none of the disks (${hint}${lvs})`,
        evidence: [
          says(
            view.base,
            `PV ${member.section.uuid} is a member; no label with this id was found`,
            'a disk with this label',
          ),
        ],
      };
    }),
  plan: (finding, survey) => {
    const view = viewOf(finding, survey);
    const member = view?.members.find((each) => each.section.uuid === finding.pvUuid);
    if (view === undefined || member === undefined) {
      return { kind: 'declined', reason: 'the physical volume is absent', choices: [] };
    }
    const { section, candidates, standing } = member;
    const size = section.devSizeSectors === null ? 'of unknown size' : `of ${section.devSizeSectors} sectors`;
    const maybe =
      standing === 'uncertain'
        ? ` ${candidates.map((region) => region.id).join(', ')} could be it (${member.identifiedBy}), but nothing proves it.`
        : '';
    const taken = standing === 'taken' ? ' Its disk belongs to another volume group now.' : '';
    const absent = new Set(view.members.flatMap((each) => (each.region === null ? [each.section.uuid] : [])));
    const { losses, refusals } = farewellTo(absent, view.base.metadata);
    const kept = refusals.map((each) => ` Giving the disk up is not offered: ${each}.`).join('');
    const [candidate, ...others] = standing === 'uncertain' ? candidates : [];
    return {
      kind: 'declined',
      reason:
        `the disk with PV id ${section.uuid} (${size}; ${lastSeenAs(section.uuid, view)}PV of ${view.ref.name}) is absent.` +
        `${maybe}${taken} Attach or restore it and run lvmedic again.${kept}`,
      choices: [
        ...(candidate !== undefined && others.length === 0 ? [take(candidate, section.uuid, view)] : []),
        ...(refusals.length === 0 ? [forget(losses)] : []),
      ],
    };
  },
});

/** For somebody who knows that this is the disk. */
function take(region: Region, pvUuid: string, view: VolumeGroupView): Choice {
  return {
    id: 'take-candidate',
    policy: 'ask',
    title: `take ${region.id} for the absent disk, and write label and metadata on it`,
    caveats: [`if ${region.id} is not of ${view.ref.name}, its volumes hold somebody else's data afterwards`],
    losses: [],
    intents: [
      { kind: 'rebuild-pv', pvUuid, regionId: region.id },
      { kind: 'base', text: view.base },
    ],
  };
}

function forget(losses: readonly string[]): Choice {
  return {
    id: 'forget-absent',
    policy: 'lossy',
    title: 'give the absent disk up and drop what needs it',
    caveats: ['the absent disk can never be put back'],
    losses,
    intents: [{ kind: 'forget-absent' }],
  };
}

/** What stands on it, as lvm sees it: ` it holds parts of root`. */
function usageOf(pvUuid: string, metadata: VgMetadata): string {
  const needing = lvsNeeding(new Set([pvUuid]), metadata);
  const visible = topLevelLvs(metadata).filter((lv) => needing.has(lv));
  if (needing.size === 0) return 'no LV uses it';
  if (visible.length === 0)
    return `it holds ${[...needing].map(({ name }) => name).join(', ')}, and no data of a volume`;
  const inRaid = new Set(visible.filter((lv) => closureOf(lv, metadata, MAX_STACK).some(isRaid)));
  const bySnapshot = new Set(
    visible.filter((lv) => !inRaid.has(lv) && isWholeButForSnapshots(lv, pvUuid, metadata)),
  );
  const parts = visible.filter((lv) => !inRaid.has(lv) && !bySnapshot.has(lv));
  const names = (lvs: Iterable<LvSection>) => [...lvs].map(({ name }) => name).join(', ');
  return [
    ...(parts.length > 0 ? [`it holds parts of ${names(parts)}`] : []),
    ...(inRaid.size > 0
      ? [
          `it holds a leg of ${names(inRaid)} (RAID or a mirror), which can come up without it where enough legs are left: lvm vgchange -ay --activationmode degraded, then lvm lvconvert --repair`,
        ]
      : []),
    ...(bySnapshot.size > 0
      ? [
          `${names(bySnapshot)} ${bySnapshot.size === 1 ? 'is' : 'are'} whole on the other disks, but lvm activates nothing of an LV and its snapshots while one part is absent`,
        ]
      : []),
  ].join('; ');
}

const isRaid = ({ segments }: LvSection): boolean => segments.some(({ type }) => /^(raid|mirror)/.test(type));

const isWholeButForSnapshots = (lv: LvSection, pvUuid: string, metadata: VgMetadata): boolean =>
  closureOf(lv, metadata, MAX_STACK).some(({ segments }) =>
    segments.some(({ type }) => type === 'snapshot'),
  ) && !runsOf(lv, metadata).some((run) => run.pvUuid === pvUuid);

/** The device path that the newest generation which knows one gives. */
function lastSeenAs(pvUuid: string, view: VolumeGroupView): string {
  const hint = view.texts
    .flatMap((text) => text.metadata.pvs)
    .find((pv) => pv.uuid === pvUuid && pv.deviceHint.startsWith('/'))?.deviceHint;
  return hint === undefined ? '' : `last seen as ${hint}; `;
}
