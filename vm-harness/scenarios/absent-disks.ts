import assert from 'node:assert/strict';
import { FLAVOURS, type Flavour } from '../guest/suites.ts';
import { comesUp } from './expectations.ts';
import { awaitOffer, goOn, pick, takeShell } from './person.ts';
import { guestIncident, SHORT_WAIT } from './pick-recipe.ts';
import type { Scenario } from './scenario.ts';

/** A disk that was not restored: what is there comes up, and what is not is told. */

const AUTO = ['rd.lvmedic=auto'];
/** dracut gives up on a late disk, and lets the policy hold, after two thirds of rd.retry=. */
const DEGRADED = [...AUTO, 'rd.lvmedic.policy=degraded', 'rd.retry=30'];
const common = { suite: 'bookworm', mode: 'hook' } as const;

const unneeded = (flavour: Flavour): Scenario => ({
  ...common,
  ...{ flavour, way: 'auto', id: `absent-unneeded/bookworm/${flavour}/hook/auto` },
  title:
    'the absent disk holds nothing that boot needs: it comes up under the policy safe, and the fault is told',
  recipe: guestIncident('guest/absent-unneeded'),
  kernelArguments: AUTO,
  play: async (guest) => {
    const report = await comesUp(guest, {
      ...{ fault: 'lvm2-pv-absent', isRepaired: false },
      // Which of them lvmedic has to activate depends on what the initramfs did already.
      activated: 'any',
    });
    const inactive = report.lvs.filter(({ isActive }) => !isActive).map(({ name }) => name);
    assert.deepEqual(inactive, ['archive']);
  },
});

const homeDegraded = (flavour: Flavour): Scenario => ({
  ...common,
  ...{ flavour, way: 'auto', id: `absent-home/bookworm/${flavour}/hook/auto-degraded` },
  title: 'root is whole and /home is absent: degraded comes up without it, and says what is missing',
  recipe: guestIncident('guest/absent-home'),
  kernelArguments: DEGRADED,
  play: async (guest) => {
    const report = await guest.report();
    assert.deepEqual(report.payloadProblems, ['/home/payload/1', '/home/payload/2']);
    assert.match(report.sections.get('motd') ?? '', /Missing: \/home \(\/dev\/mapper\/vm1--vg-home\)/);
    assert.match(guest.console.text, /\/home .* is missing: an empty, read-only folder takes its place/);
  },
});

const homeSafe: Scenario = {
  ...common,
  ...{ flavour: 'dracut', way: 'auto', id: 'absent-home/bookworm/dracut/hook/auto-safe' },
  title: 'root is whole and /home is absent: safe says what is missing, and what would come up without it',
  recipe: guestIncident('guest/absent-home'),
  kernelArguments: AUTO,
  play: async ({ console }) => {
    await console.waitFor(/\/home .* is missing: .*rd\.lvmedic\.policy=degraded/, { seconds: 240 });
  },
};

const rootDeclined = (flavour: Flavour): Scenario => ({
  ...common,
  ...{ flavour, way: 'auto', id: `absent-root/bookworm/${flavour}/hook/auto-safe` },
  title: 'a third of root is absent: nothing is activated, and it says which disk would help',
  recipe: guestIncident('lvm2-pv-absent'),
  kernelArguments: [...AUTO, ...SHORT_WAIT],
  play: async (guest) => {
    const { console } = guest;
    await console.waitFor(/vm1-vg\/root is not whole: attach the missing disk/, { seconds: 240 });
    await console.waitForShell({ seconds: 240 });
    const { output } = await console.shell('dmsetup ls');
    assert.doesNotMatch(output, /vm1--vg-root/);
  },
});

/** Mounted through options alone, ext4 would free them. */
const orphans: Scenario = {
  ...common,
  ...{
    flavour: 'initramfs-tools',
    way: 'shell',
    id: 'absent-unneeded/bookworm/initramfs-tools/hook/orphans',
  },
  title: 'the fstab of a root with orphaned inodes is read, and not a byte of it changes',
  recipe: guestIncident('guest/orphans'),
  kernelArguments: ['break=mount'],
  play: async (guest) => {
    const { console } = guest;
    await console.waitForShell({ seconds: 240 });
    await console.shell('lvm vgchange -ay vm1-vg');
    const hash = async () => (await console.shell('sha256sum /dev/mapper/vm1--vg-root')).output;
    const before = await hash();
    assert.match(before, /^[0-9a-f]{64} /m);
    const boot = await console.shell('lvmedic boot', { seconds: 240 });
    assert.match(boot.output, /skipping orphan cleanup/, 'what the kernel says when the fstab is read');
    assert.equal(await hash(), before);
    console.leaveShell();
    await comesUp(guest);
  },
};

const rootPartial = (flavour: Flavour, way: 'auto' | 'offer'): Scenario => ({
  ...common,
  ...{ flavour, way, id: `absent-part-of-root/bookworm/${flavour}/hook/${way}-degraded` },
  title: 'the empty end of root is absent: degraded brings root up read-only, and it stays so',
  recipe: guestIncident('guest/absent-part-of-root'),
  kernelArguments: way === 'auto' ? DEGRADED : SHORT_WAIT,
  play: async (guest) => {
    if (way === 'offer') {
      pick(guest.console, await awaitOffer(guest.console), /Come up without/);
      await goOn(guest.console);
    }
    const report = await guest.report();
    assert.deepEqual(report.payloadProblems, []);
    assert.match(guest.console.text, /Activated with what is there of it: vm1-vg\/root/);
    assert.match(report.sections.get('mounts') ?? '', /^\/ \/dev\/mapper\/vm1--vg-root ext4 ro[,\n]/m);
    const root = report.lvs.find(({ name }) => name === 'root');
    assert.equal(root?.attributes[8], 'p', 'root is told to be partial');
    assert.match(
      root?.attributes ?? '',
      /^.R/,
      'root is read-only in device-mapper, though not in its metadata',
    );
  },
});

const rootShell: Scenario = {
  ...common,
  ...{
    flavour: 'initramfs-tools',
    way: 'shell',
    id: 'absent-root/bookworm/initramfs-tools/hook/offer-shell',
  },
  title:
    'a third of root is absent: the offer has no repair, says which disk would help, and opens the shell',
  recipe: guestIncident('lvm2-pv-absent'),
  play: async ({ console }) => {
    const offer = await awaitOffer(console);
    assert.doesNotMatch(offer, /Repair/);
    assert.match(console.text, /parts of it are on physical volumes that are not there: PVd2/);
    await takeShell(console, offer);
  },
};

export const absentDiskTable: readonly Scenario[] = [
  ...FLAVOURS.map(unneeded),
  orphans,
  ...FLAVOURS.map(homeDegraded),
  homeSafe,
  ...FLAVOURS.map(rootDeclined),
  rootShell,
  ...FLAVOURS.map((flavour) => rootPartial(flavour, 'auto')),
  rootPartial('initramfs-tools', 'offer'),
];
