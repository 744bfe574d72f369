import type { Occurrence } from '../model/finding.ts';
import { activationWrites, type BootNeed, bootNeeds } from './boot/needs.ts';
import { defineFault } from './define.ts';
import { says } from './evidence.ts';

export const notActivated = defineFault({
  id: 'lvm2-not-activated',
  layer: 'boot',
  summary: 'nothing is wrong on the disks, and a volume that boot waits for is not active',
  doc: `
What it is
  The machine is still in its initramfs and waits for a logical volume. All of that volume stands on the disks, its
  volume group is in order, and nothing has activated it.

What causes it
  A kernel command line that names other volumes than the ones that are needed (rd.lvm.lv=, rd.lvm.vg=, rd.lvm=0), an
  initramfs made without LVM or on another machine, a volume that is kept from autoactivation, a disk that came late,
  or a disk that was missing when lvm looked.

How to see it
  lvm lvs -o lv_full_name,lv_active shows the volume, and nothing under "Active".

The repair
  lvm lvchange -ay VG/LV for the volumes that boot needs, and for no other. No metadata of LVM changes, so there is
  nothing to rehearse and nothing to undo. Then boot goes on. RAID, caches and snapshots keep books of their own and
  write to them when they are activated, as in every boot. Thin volumes are left to you: check the pool first.

The risk
  None for the data. The cause stays: the next boot waits again until the command line or the initramfs is mended.
`,
  consequence: true,
  sparesOtherVolumes: true,
  detect: (survey) => {
    const { inInitramfs, deviceMapper, targetsGiven } = survey.machine;
    if (!inInitramfs || !deviceMapper || targetsGiven) return [];
    const waiting = bootNeeds(survey).flatMap((need) => (need.state === 'whole' ? [need] : []));
    const views = new Set(waiting.map((need) => need.view));
    return [...views].map((view): Occurrence => {
      const mine = waiting.filter((need) => need.view === view);
      return {
        volumeGroup: view.ref,
        pvUuid: null,
        regionId: null,
        devices: view.members.flatMap(({ region }) => region?.device ?? []),
        severity: 'error',
        summary: `boot waits for ${namesOf(mine)}, which ${mine.length === 1 ? 'is' : 'are'} whole and not active`,
        evidence: [
          says(view.base, `${namesOf(mine)}, on disks that are all here`, 'the same, active'),
          {
            ...{ device: '/proc/cmdline', partition: null, offsetBytes: 0 },
            found: mine.map((need) => need.parameter).join(' '),
            expected: 'that something has activated it by now',
          },
        ],
      };
    });
  },
  plan: (finding, survey) => {
    const mine = bootNeeds(survey).filter(
      (need) => need.state === 'whole' && need.view.ref.uuid === finding.volumeGroup?.uuid,
    );
    if (mine.length === 0) return { kind: 'declined', reason: 'it is active by now', choices: [] };
    const writes = mine.flatMap((need) =>
      need.state === 'whole' ? [activationWrites(need.section, need.view.base.metadata)] : [],
    );
    const [unknown] = writes.flatMap((each) => (each.kind === 'unknown' ? [each.reason] : []));
    if (unknown !== undefined) return { kind: 'declined', reason: unknown, choices: [] };
    const choice = {
      id: 'activate',
      policy: 'safe',
      title: `activate ${namesOf(mine)}`,
      caveats: [],
      losses: writes.flatMap((each) => (each.kind === 'books' ? [each.says] : [])),
      intents: [{ kind: 'activate', lvNames: mine.map((need) => need.lv) }],
    } as const;
    return { kind: 'plan', choices: [choice] };
  },
});

const namesOf = (needs: readonly BootNeed[]): string => needs.map((need) => need.name).join(', ');
