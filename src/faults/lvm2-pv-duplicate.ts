import { defineFault } from './define.ts';
import { at, eachMember, viewOf } from './evidence.ts';

export const pvDuplicate = defineFault({
  id: 'lvm2-pv-duplicate',
  layer: 'label',
  summary: 'two devices carry the same physical volume id',
  doc: `
What it is
  Two devices have the same label, and they are not two paths or two legs of one device.

What causes it
  A disk and its copy, or disks of two clones of one template, are attached to one machine at once.

How to see it
  lvm pvs warns "Not using device … for PV …"; it chooses by the device's name, not by its content.

The repair
  Detach the copy, or run lvmedic with just the right disks as TARGETs: then lvm sees no others. To keep both,
  lvm vgimportclone gives all the copy's physical volumes new ids, together.

The risk
  Everything that lvm writes while both are attached goes to one of them. So lvmedic changes nothing in a volume
  group while two devices claim to be the same part of it.
`,
  detect: (survey) =>
    eachMember(survey, (member, view) => {
      if (member.standing !== 'duplicate') return null;
      const ids = member.candidates.map((region) => region.id).join(' and ');
      return {
        summary: `${ids} both say that they are the same physical volume of ${view.ref.name}`,
        evidence: member.candidates.map((region) =>
          at(
            region,
            region.pv.header?.offsetBytes ?? 0,
            `PV id ${member.section.uuid}`,
            'this id on one device only',
          ),
        ),
      };
    }).map((occurrence) => ({ ...occurrence, devices: devicesOf(occurrence.evidence) })),
  plan: (finding, survey) => {
    const member = viewOf(finding, survey)?.members.find((each) => each.section.uuid === finding.pvUuid);
    const devices = member?.candidates.map((region) => region.id).join(' and ') ?? 'two devices';
    return {
      kind: 'declined',
      reason: `the same PV id is on two devices: ${devices}. Detach the copy, or name the right disks as TARGETs.`,
      choices: [],
    };
  },
});

function devicesOf(evidence: readonly { readonly device: string }[]): string[] {
  return [...new Set(evidence.map((each) => each.device))];
}
