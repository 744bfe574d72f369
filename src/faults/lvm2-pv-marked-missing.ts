import type { Evidence } from '../model/finding.ts';
import { defineFault } from './define.ts';
import { at, eachMember, says, viewOf } from './evidence.ts';
import { circumstancesOf } from './volume-group/circumstances.ts';
import { conditionOf, isMarkedMissing } from './volume-group/condition.ts';
import { adoptions, alsoNeeded, fateOf } from './volume-group/lineage.ts';

export const pvMarkedMissing = defineFault({
  id: 'lvm2-pv-marked-missing',
  layer: 'volume-group',
  summary: 'a physical volume is here, but its volume group calls it MISSING',
  doc: `
What it is
  The newest metadata of the volume group carries the flag MISSING for a physical volume that is attached and
  labelled as it should be. LVM will not activate logical volumes that use it, and does not take the flag back by
  itself.

What causes it
  The volume group was changed while the disk was not visible. On a backup proxy that happens when disks of two
  clones of one template are attached at once: the proxy's own LVM "repairs" what it sees, and the backup holds
  the result. Inside a guest it happens when a disk turns up late or is restored later than the others.

How to see it
  lvm pvs -o pv_name,pv_missing and lvm vgs -o vg_missing_pv_count; the physical volume's own metadata has an older
  seqno than the others'.

The repair
  lvm vgextend --restoremissing VG DEVICE takes the flag back and brings the disk's metadata up to date. Together
  with other damage in the same volume group, the newest text without the flag is written to all physical volumes
  with lvm vgcfgrestore.

The risk
  None for linear and striped volumes: nobody could write to them through LVM while they were not activated. RAID
  legs that were away are brought up to date by RAID itself at the next activation.
`,
  detect: (survey) =>
    eachMember(survey, (member, view) => {
      const region = member.region ?? (member.standing === 'duplicate' ? member.candidates[0] : undefined);
      if (!isMarkedMissing(member) || region === undefined) return null;
      const own = conditionOf(member, view).staleAreas[0];
      const stale: Evidence[] =
        own === undefined
          ? []
          : [
              at(
                region,
                own.offsetBytes,
                `its own metadata is at seqno ${own.committed?.text?.metadata.seqno}`,
                `seqno ${view.base.metadata.seqno}`,
              ),
            ];
      return {
        summary: `${region.id} is attached, but volume group ${view.ref.name} calls it MISSING`,
        evidence: [
          says(view.base, `PV ${member.section.uuid} has the flag MISSING`, 'no flag: the disk is attached'),
          ...stale,
        ],
      };
    }),
  plan: (finding, survey) => {
    const { pvUuid } = finding;
    const view = viewOf(finding, survey);
    const member = view?.members.find(({ section }) => section.uuid === pvUuid);
    const region = member?.region ?? null;
    if (view === undefined || pvUuid === null || region === null) {
      return { kind: 'declined', reason: 'the disk could not be told from others', choices: [] };
    }
    const fate = fateOf(pvUuid, view, circumstancesOf(view, survey, region));
    const caveats = [...(fate?.objections ?? []), ...(fate?.overwritten ?? [])];
    // A removal that was cut short: the volumes are gone, the disk is still a member.
    const returning =
      fate?.overwritten.length === 0 ? fate.lost.filter(({ obstacle }) => obstacle === null) : [];
    const names = returning.map(({ name }) => name).join(', ');
    const choice = {
      id: 'restore-missing',
      policy: caveats.length === 0 ? ('safe' as const) : ('ask' as const),
      title: `take the MISSING flag back${names === '' ? '' : `, and the volumes that went with it: ${names}`}`,
      caveats,
      losses: [],
      intents: [
        { kind: 'clear-missing' as const, pvUuid, regionId: region.id },
        ...(fate === null || returning.length === 0
          ? []
          : [
              ...adoptions(fate, returning).map((each) => ({ ...each, pvUuid, regionId: region.id })),
              ...alsoNeeded(returning, view, pvUuid),
            ]),
      ],
    };
    return { kind: 'plan', choices: [choice] };
  },
});
