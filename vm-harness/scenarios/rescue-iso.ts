import assert from 'node:assert/strict';
import type { Guest } from '../guest/guest.ts';
import { isRescued, type RescueBoot, type RescuedGuest } from '../guest/iso-guest.ts';
import type { Firmware } from '../guest/qemu.ts';
import { allWhole, comesUp } from './expectations.ts';
import { answer, answerPage } from './person.ts';
import { incident } from './pick-recipe.ts';
import type { Scenario } from './scenario.ts';

/** The published incidents, repaired from the rescue image: by a person and by nobody, under BIOS and under UEFI. */

type Incident = 'a1' | 'a2';
/** `boot`: the unattended repair boots the machine on, as somebody has written into the menu's entry. */
type Way = 'guided' | 'unattended' | 'unattended-boot';
const RECIPES = { a1: incident('a1-archive'), a2: incident('a2-ring') } as const;
const FAULTS = { a1: 'lvm2-pv-marked-missing', a2: 'lvm2-pv-dropped' } as const;
const FIRMWARE_NAMES: Record<Firmware, string> = {
  bios: 'BIOS',
  uefi: 'UEFI',
  'secure-boot': 'UEFI with Secure Boot',
};

/** In every `npm test`: each firmware, each incident and each way once. */
const ALWAYS = ['iso/bios/a1/unattended', 'iso/uefi/a2/guided'];
/** Repaired, and read again: exit-codes.md. */
const REPAIRED = '1';
const SLOW = { seconds: 300 };
/** GRUB leaves out what a serial line does not take at once: the entries may be missing, the countdown comes again. */
const MENU = /Boot the machine's own disk|entry will be executed automatically/;

function rescues(name: Incident, way: Way, rescue: RescueBoot, memoryMiB?: number): Scenario {
  const id = `iso/${rescue.firmware}/${name}/${way}`;
  return {
    ...{ id, rescue, suite: 'bookworm', flavour: 'initramfs-tools', mode: 'none', recipe: RECIPES[name] },
    title: `from the rescue ISO, ${FIRMWARE_NAMES[rescue.firmware]}: ${RECIPES[name].title}`,
    way: way === 'guided' ? 'shell' : 'auto',
    always: ALWAYS.includes(id),
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    play: async (guest) => {
      assert(isRescued(guest));
      if (way === 'guided') return byAPerson(guest, rescue, name);
      await (way === 'unattended' ? choose(guest, '2') : chooseBoot(guest));
      await byNobody(guest, rescue, name, way === 'unattended-boot');
    },
  };
}

/** Chooses an entry of GRUB's menu by its key. */
async function choose({ console }: Guest, key: string): Promise<void> {
  await console.waitFor(MENU, SLOW);
  console.send(key);
}

/** Edits the second entry before it is started: at the end of its line, the third, `poweroff` becomes `boot`. */
async function chooseBoot({ console }: Guest): Promise<void> {
  await console.waitFor(MENU, SLOW);
  const [down, end, backspace, start] = ['\x0e', '\x05', '\x7f', '\x18'];
  console.send(`${down}e`);
  await console.waitFor(/lvmedic\.then=poweroff/, SLOW);
  console.send(down.repeat(2) + end + backspace.repeat('poweroff'.length));
  console.send(`boot${start}`);
}

/** By the menu, page by page, and from it into the repaired system without a reset. */
async function byTheMenu({ console }: RescuedGuest, name: Incident): Promise<void> {
  const menu = /Power off\n[^\n]*1-7, Enter for 1: /;
  await console.waitFor(menu, SLOW);
  console.line('');
  await answerPage(console, new RegExp(`This machine:[\\s\\S]*${FAULTS[name]}`), '', SLOW);
  await answerPage(console, /What can be done:/, '', SLOW);
  await answerPage(console, /The rehearsal:/, '', SLOW);
  await answer(console, 'y');
  await answerPage(console, /The result:[\s\S]*Repaired and verified/, 'q', SLOW);
  await console.waitFor(menu, SLOW);
  console.line('3');
}

/** The same in the shell: first a look at what starting the rescue system did to the disks, which is nothing. */
async function byTheShell(guest: RescuedGuest, { firmware }: RescueBoot, name: Incident): Promise<void> {
  const { console } = guest;
  await console.waitForShell(SLOW);
  await untouched(guest);
  if (firmware === 'secure-boot') await isLocked(guest);
  console.line('lvmedic repair');
  await console.waitFor(new RegExp(FAULTS[name]), SLOW);
  await answer(console, 'y');
  await console.waitFor(/Repaired and verified/, SLOW);
  await console.waitForShell();
  if (firmware === 'bios') await newInitramfs(guest);
  console.line('lvmedic-boot-guest');
}

/** Repairs, and boots the repaired system on without a reset. */
async function byAPerson(guest: RescuedGuest, rescue: RescueBoot, name: Incident): Promise<void> {
  const { console } = guest;
  await choose(guest, name === 'a2' ? '1' : '4');
  await (name === 'a2' ? byTheMenu(guest, name) : byTheShell(guest, rescue, name));
  await console.waitFor(/Boot this now\? \(y\/N\) /, SLOW);
  console.line('y');
  allWhole(await comesUp(guest));
}

/**
 * The rescue system writes its report between marks to the console, and to the medium. Then it switches the machine off,
 * which boots by itself afterwards; or it boots it on.
 */
async function byNobody(
  guest: RescuedGuest,
  { medium }: RescueBoot,
  name: Incident,
  bootsOn: boolean,
): Promise<void> {
  const { console } = guest;
  const [, line = '', status] = await console.waitFor(
    /-----BEGIN LVMEDIC RESULT-----\n(.*)\n-----END LVMEDIC RESULT----- exit status (\d+)\n/,
    { seconds: 400 },
  );
  assert.equal(status, REPAIRED);
  assertRepaired(line, name, medium === undefined ? 'volatile' : 'stable');
  if (bootsOn) return allWhole(await comesUp(guest));
  await guest.machine.ended;
  if (medium !== undefined) {
    const lines = guest.onMedium('lvmedic/reports/*/result.ndjson').trim().split('\n');
    assert.equal(lines.at(-1), line);
    assert.equal(guest.onMedium('lvmedic/reports/*/exit-status').trim(), REPAIRED);
    assert.match(guest.onMedium('lvmedic/undo/*/record.json'), /vm1-vg/);
  }
  const itself = await guest.startItself();
  try {
    allWhole(await comesUp(itself));
  } finally {
    await itself.end();
  }
}

function assertRepaired(line: string, name: Incident, durability: 'volatile' | 'stable'): void {
  const result = JSON.parse(line) as {
    outcome: string;
    findings: { fault: string }[];
    undoRecord: { durability: string };
  };
  assert.equal(result.outcome, 'repaired');
  assert(result.findings.some(({ fault }) => fault === FAULTS[name]));
  assert.equal(result.undoRecord.durability, durability);
}

/** The disks may be the last copy of somebody's data: by booting, nothing came up and nothing may be written. */
async function untouched({ console }: Guest): Promise<void> {
  const active = await console.shell('ls /dev/mapper; cat /proc/mdstat /proc/swaps; findmnt -rno SOURCE');
  assert.doesNotMatch(active.output, /vm1|^md|\/dev\/sd/m);
  const plain = await console.shell('lvm vgchange --addtag written vm1-vg');
  assert.notEqual(plain.status, 0);
  assert.match(plain.output, /prohibited while --readonly/);
}

/** The guest's own tool writes it, in the guest's own system. */
async function newInitramfs(guest: Guest): Promise<void> {
  const { console } = guest;
  // Guests get theirs from the harness, so their own tool is switched off, and knows of none.
  const settings = '/etc/initramfs-tools/update-initramfs.conf';
  const known = '/var/lib/initramfs-tools';
  const enable = `sed -i s/=no/=all/ ${settings} && mkdir -p ${known} && touch ${known}/$(ls /lib/modules)`;
  const enabled = await console.shell(`lvmedic-chroot -- sh -c '${enable}'`);
  assert.equal(enabled.status, 0, enabled.output);
  const { status, output } = await console.shell('lvmedic-chroot --rebuild-initramfs', { seconds: 600 });
  assert.match(output, /update-initramfs: Generating \/boot\/initrd\.img-/);
  assert.equal(status, 0, output);
  await untouched(guest);
}

/** Secure Boot is on, and the kernel knows. */
async function isLocked({ console }: Guest): Promise<void> {
  const { output } = await console.shell(
    'od -An -t u1 -j 4 /sys/firmware/efi/efivars/SecureBoot-*; cat /sys/kernel/security/lockdown',
  );
  assert.match(output, /^\s+1$/m);
  assert.match(output, /\[integrity\]/);
}

export const rescueTable: readonly Scenario[] = [
  ...(['bios', 'uefi'] as const).flatMap((firmware) => [
    rescues('a1', 'guided', { firmware }),
    rescues('a2', 'guided', { firmware }),
    rescues('a1', 'unattended', { firmware, medium: firmware === 'bios' ? 'ext4' : 'vfat' }),
    // The least memory that docs/rescue-iso.md promises.
    rescues('a2', 'unattended', { firmware }, firmware === 'bios' ? 512 : undefined),
  ]),
  rescues('a1', 'unattended-boot', { firmware: 'bios' }),
  rescues('a1', 'guided', { firmware: 'secure-boot' }),
];
