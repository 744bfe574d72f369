import type { Choice } from '../model/finding.ts';
import { defineFault } from './define.ts';
import { eachMember, says, viewOf } from './evidence.ts';
import { lvsAffectedBy } from './volume-group/blockers.ts';
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
  the absent disk. lvmedic offers it only as a choice that a person must name; it is the wrong one while the disk
  may still turn up.
`,
  sparesOtherVolumes: true,
  detect: (survey) =>
    eachMember(survey, (member, view) => {
      if (member.standing !== 'absent' && member.standing !== 'taken') {
        if (member.standing !== 'uncertain') return null;
        if (member.candidates.some((region) => region.signatures.some((each) => each.live))) return null;
      }
      const affected = lvsAffectedBy(new Set([member.section.uuid]), view.base.metadata);
      const lvs = affected.length === 0 ? 'no LV uses it' : `it holds parts of ${affected.join(', ')}`;
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
    const affected = lvsAffectedBy(new Set([section.uuid]), view.base.metadata);
    const maybe =
      standing === 'uncertain'
        ? ` ${candidates.map((region) => region.id).join(', ')} could be it (${member.identifiedBy}), but nothing proves it.`
        : '';
    const taken = standing === 'taken' ? ' Its disk belongs to another volume group now.' : '';
    return {
      kind: 'declined',
      reason:
        `the disk with PV id ${section.uuid} (${size}; ${lastSeenAs(section.uuid, view)}PV of ${view.ref.name}) is absent.` +
        `${maybe}${taken} Attach or restore it and run lvmedic again.`,
      choices: [forget(affected)],
    };
  },
});

function forget(affected: readonly string[]): Choice {
  return {
    id: 'forget-absent',
    policy: 'lossy',
    title: 'give the absent disk up and drop what needs it',
    caveats: ['the absent disk can never be put back'],
    losses: affected.length === 0 ? [] : [`logical volumes that need it are deleted: ${affected.join(', ')}`],
    intents: [{ kind: 'forget-absent' }],
  };
}

/** The device path that the newest generation which knows one gives. */
function lastSeenAs(pvUuid: string, view: VolumeGroupView): string {
  const hint = view.texts
    .flatMap((text) => text.metadata.pvs)
    .find((pv) => pv.uuid === pvUuid && pv.deviceHint.startsWith('/'))?.deviceHint;
  return hint === undefined ? '' : `last seen as ${hint}; `;
}
