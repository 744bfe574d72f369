import assert from 'node:assert/strict';
import type { Guest } from '../guest/guest.ts';
import { ROOT_UUID } from '../guest/layout.ts';
import type { Flavour } from '../guest/suites.ts';
import { allWhole, comesUp } from './expectations.ts';
import { acceptRepair, awaitOffer, takeShell } from './person.ts';
import { incident, SHORT_WAIT } from './pick-recipe.ts';
import type { Scenario } from './scenario.ts';

/** Settings of the machine that decide who may do what, and machines that are short of something. */

const FAULT = 'lvm2-pv-marked-missing';
const common = { suite: 'bookworm', mode: 'hook', recipe: incident('a1-archive') } as const;

/** The guest ends by itself, and lvmedic asked nothing. */
async function endsUnasked({ machine, console }: Guest): Promise<void> {
  await Promise.race([
    machine.ended,
    console.waitFor(/(?!)/, { seconds: 300 }).catch((error: Error) => {
      if (!/guest ended/.test(error.message)) throw error;
    }),
  ]);
  assert.doesNotMatch(console.text, /Enter for 1|Looking at the disks/);
}

const panic: Scenario = {
  ...common,
  ...{
    flavour: 'initramfs-tools',
    way: 'nobody',
    id: 'panic/bookworm/initramfs-tools/hook/ask',
    always: true,
  },
  title: 'panic= is a security setting: the machine reboots without a shell and without a question',
  kernelArguments: ['panic=5'],
  play: endsUnasked,
};

const panicAuto: Scenario = {
  ...common,
  ...{ flavour: 'initramfs-tools', way: 'auto', id: 'panic/bookworm/initramfs-tools/hook/auto' },
  title: 'panic= forbids shell and question, not the unattended repair',
  kernelArguments: ['panic=5', 'rd.lvmedic=auto'],
  play: async (guest) => allWhole(await comesUp(guest, { fault: FAULT })),
};

const noShell = (flavour: Flavour): Scenario => ({
  ...common,
  ...{ flavour, way: 'nobody', id: `rd.shell=0/bookworm/${flavour}/hook/ask` },
  title: 'rd.shell=0 is a security setting: no shell and no question',
  // Without systemd dracut's poweroff fails, and the kernel panics.
  kernelArguments: ['rd.shell=0', 'rd.emergency=poweroff', 'panic=1', ...SHORT_WAIT],
  play: endsUnasked,
});

const noShellAuto = (flavour: Flavour): Scenario => ({
  ...common,
  ...{ flavour, way: 'auto', id: `rd.shell=0/bookworm/${flavour}/hook/auto` },
  title: 'rd.shell=0 forbids shell and question, not the unattended repair',
  kernelArguments: ['rd.shell=0', 'rd.lvmedic=auto'],
  play: async (guest) => allWhole(await comesUp(guest, { fault: FAULT })),
});

const lockedRoot: Scenario = {
  ...common,
  ...{ flavour: 'dracut', way: 'offer', id: 'locked-root/bookworm/dracut/hook/offer' },
  title: 'root is locked, so there is no shell to be had: the offer is there nevertheless',
  rootAccount: 'locked',
  kernelArguments: SHORT_WAIT,
  play: async (guest) => {
    await acceptRepair(guest.console);
    allWhole(await comesUp(guest, { fault: FAULT }));
  },
};

const twoConsoles = (flavour: Flavour): Scenario => ({
  ...common,
  ...{ flavour, way: 'offer', id: `two-consoles/bookworm/${flavour}/hook/offer` },
  title: 'two consoles: the offer is on the one that is /dev/console, and the other stays usable',
  consoleCount: 2,
  kernelArguments: ['console=ttyS1', 'console=ttyS0', ...SHORT_WAIT],
  play: async (guest) => {
    await acceptRepair(guest.console);
    allWhole(await comesUp(guest, { fault: FAULT }));
    assert.doesNotMatch(guest.machine.consoles[1]?.text ?? '', /Enter for 1/);
  },
});

const switchedOff: Scenario = {
  ...common,
  ...{ flavour: 'initramfs-tools', way: 'shell', id: 'rd.lvmedic=off/bookworm/initramfs-tools/hook/shell' },
  title: 'rd.lvmedic=off: the shell opens as if it were not installed, and it can be called by hand',
  kernelArguments: ['rd.lvmedic=off'],
  play: async (guest) => {
    const { console } = guest;
    await console.waitForShell({ seconds: 240 });
    assert.doesNotMatch(console.text, /lvmedic: |Looking at the disks/);
    const repair = await console.shell('lvmedic repair --unattended', { seconds: 240 });
    assert.match(repair.output, /Repaired and verified/);
    console.leaveShell();
    allWhole(await comesUp(guest));
  },
};

const byUuid = (flavour: Flavour): Scenario => ({
  ...common,
  ...{ flavour, way: 'auto', id: `root-by-uuid/bookworm/${flavour}/hook/auto` },
  title: 'the kernel command line names root by the UUID of its filesystem',
  kernelArguments: [`root=UUID=${ROOT_UUID}`, 'rd.lvmedic=auto'],
  play: async (guest) => allWhole(await comesUp(guest, { fault: FAULT })),
});

const smallMemory = (flavour: Flavour): Scenario => ({
  ...common,
  ...{ flavour, way: 'auto', id: `512-mib/bookworm/${flavour}/hook/auto` },
  title: 'a machine with 512 MiB',
  memoryMiB: 512,
  kernelArguments: ['rd.lvmedic=auto'],
  play: async (guest) => allWhole(await comesUp(guest, { fault: FAULT })),
});

const readOnlyDisk: Scenario = {
  ...common,
  ...{ flavour: 'initramfs-tools', way: 'shell', id: 'read-only-disk/bookworm/initramfs-tools/hook/shell' },
  title: 'the disks are read-only: it says so and writes nothing; writable again, it repairs',
  play: async (guest) => {
    const { console } = guest;
    await takeShell(console);
    await console.shell('for disk in sda sda1 sda2 sdb sdb1; do blockdev --setro /dev/$disk; done');
    const refused = await console.shell('lvmedic repair --unattended', { seconds: 240 });
    assert.match(refused.output, /read-only/);
    assert.notEqual(refused.status, 1);
    await console.shell('for disk in sda sda1 sda2 sdb sdb1; do blockdev --setrw /dev/$disk; done');
    const repair = await console.shell('lvmedic repair --unattended', { seconds: 240 });
    assert.match(repair.output, /Repaired and verified/);
    console.leaveShell();
    allWhole(await comesUp(guest, { fault: FAULT }));
  },
};

/** The rehearsal holds udev's queue, so that nothing touches the replicas; a watchdog lets it go again. */
const killed = (flavour: Flavour): Scenario => ({
  ...common,
  ...{ flavour, mode: 'embed', way: 'shell', id: `killed/bookworm/${flavour}/embed/shell` },
  title: 'lvmedic is killed while it holds the queue of udev: the queue goes on, and the next repair works',
  kernelArguments: SHORT_WAIT,
  play: async (guest) => {
    const { console } = guest;
    await takeShell(console, await awaitOffer(console));
    await console.shell(
      'lvmedic repair --unattended > /run/first.log 2>&1 & first=$!; ' +
        'until grep -qs "start-exec-queue" /proc/[0-9]*/cmdline; do :; done; kill -9 $first; wait $first',
      { seconds: 240 },
    );
    const log = await console.shell('cat /run/first.log');
    assert.doesNotMatch(log.output, /Repairing vm1-vg/);
    const settled = await console.shell('udevadm settle --timeout=90', { seconds: 180 });
    assert.equal(settled.status, 0, 'the queue of udev goes on');
    const repair = await console.shell('lvmedic repair --unattended', { seconds: 240 });
    assert.match(repair.output, /Repaired and verified/);
    console.leaveShell();
    allWhole(await comesUp(guest, { fault: FAULT }));
  },
});

export const settingsTable: readonly Scenario[] = [
  panic,
  panicAuto,
  noShell('dracut'),
  noShell('dracut-without-systemd'),
  noShellAuto('dracut'),
  noShellAuto('dracut-without-systemd'),
  lockedRoot,
  twoConsoles('initramfs-tools'),
  twoConsoles('dracut'),
  switchedOff,
  byUuid('initramfs-tools'),
  byUuid('dracut'),
  smallMemory('initramfs-tools'),
  smallMemory('dracut'),
  readOnlyDisk,
  killed('initramfs-tools'),
  killed('dracut'),
];
