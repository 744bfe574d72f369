import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Guest } from '../../vm-harness/guest/guest.ts';
import { prepareGuestWorld } from '../../vm-harness/guest/guest-world.ts';
import { guestInitrd } from '../../vm-harness/guest/initrd.ts';
import type { Flavour, Mode } from '../../vm-harness/guest/suites.ts';
import { type GuestSetup, type Product, withGuest } from '../../vm-harness/guest/with-guest.ts';
import { allRecipes } from '../../vm-harness/recipes/index.ts';
import { builtProduct } from '../packages.ts';
import { median } from './measure.ts';
import { note, type Row, table } from './page.ts';

const SUITE = 'bookworm';
const MODES: readonly Mode[] = ['none', 'hook', 'embed', 'append'];
const BENCH_FLAVOURS: readonly Flavour[] = ['initramfs-tools', 'dracut'];

/** `times` gives how often what is to be measured so many times is. Rejects when a guest does not come up. */
export async function benchBoot(times: (count: number) => number): Promise<string[]> {
  const product = builtProduct();
  const sizes: Row[] = [];
  const healthy: Row[] = [];
  const failed: Row[] = [];
  for (const flavour of BENCH_FLAVOURS) {
    const bytes = await initramfsBytes(flavour, product);
    for (const mode of MODES.slice(1)) sizes.push(sizeRow(flavour, mode, bytes));
    const seconds = await healthyBoots(flavour, product, times(3));
    for (const mode of MODES.slice(1)) healthy.push(healthyRow(flavour, mode, seconds));
    failed.push(...(await failures(flavour, product, median(seconds.hook), times(2))));
  }
  return [
    table('Bytes in the initramfs', SIZE_NOTE, sizes),
    table('A healthy boot', HEALTHY_NOTE, healthy),
    table('From the failure to the running system', FAILURE_NOTE, failed),
  ];
}

const SIZE_NOTE = `What the package adds to the initramfs that the distribution's own tool makes, or to what the boot loader loads, against
the same without lvmedic.`;

type ByMode = Record<Mode, number>;

async function initramfsBytes(flavour: Flavour, product: Product): Promise<ByMode> {
  note(`size: ${flavour}`);
  const world = await prepareGuestWorld({ suite: SUITE, deb: product.deb() });
  const bytes = { none: 0, hook: 0, embed: 0, append: 0 };
  for (const mode of ['none', 'hook', 'embed'] as const) {
    const lvmedic = mode === 'none' || world.deb === null ? null : { deb: world.deb, mode };
    const made = await guestInitrd({ suite: SUITE, flavour, lvmedic, rootAccount: 'open' });
    bytes[mode] = statSync(join(made.folder, 'initrd.img')).size;
  }
  bytes.append = bytes.none + statSync(product.cpio()).size;
  world.dispose();
  return bytes;
}

function sizeRow(flavour: Flavour, mode: Mode, bytes: ByMode): Row {
  return {
    ...{ what: `${flavour}, ${mode}`, ours: `+ ${(bytes[mode] - bytes.none).toLocaleString('en')} bytes` },
    ...{ peer: 'without', peerValue: `${bytes.none.toLocaleString('en')} bytes` },
    ratio: bytes[mode] / bytes.none,
  };
}

const HEALTHY_NOTE = `From the start of the kernel to the end of the boot, by the guest's own clock. The spread is that between the fastest and
the slowest of the same kind: a difference within it is none that this can measure.`;

/** Seconds from the start of the kernel, of each mode by turns. */
async function healthyBoots(
  flavour: Flavour,
  product: Product,
  rounds: number,
): Promise<Record<Mode, number[]>> {
  const seconds: Record<Mode, number[]> = { none: [], hook: [], embed: [], append: [] };
  for (let round = 0; round < rounds; round++) {
    for (const mode of MODES) {
      note(`healthy boot ${round + 1} of ${rounds}: ${flavour}, ${mode}`);
      await withGuest({ name: 'bench', suite: SUITE, flavour, mode }, product, async (guest) => {
        seconds[mode].push((await guest.report()).uptimeSeconds);
      });
    }
  }
  return seconds;
}

function healthyRow(flavour: Flavour, mode: Mode, seconds: Record<Mode, number[]>): Row {
  const shown = (list: readonly number[]) =>
    `${median(list).toFixed(1)} s (${Math.min(...list).toFixed(1)}-${Math.max(...list).toFixed(1)})`;
  return {
    ...{ what: `${flavour}, ${mode}`, ours: shown(seconds[mode]), peer: 'without' },
    ...{ peerValue: shown(seconds.none), ratio: median(seconds[mode]) / median(seconds.none) },
  };
}

const FAILURE_NOTE = `A1: the returned disk is called MISSING. From the power switch to the guest's word that it is up with every file as it was,
less a healthy boot of the same kind. \`rd.lvmedic=auto\` against the shortest sequence that repairs it by hand, which a
script types into the emergency shell without a moment's thought. "As it comes" has the distribution's own wait for root;
dracut's is three minutes and more.`;

/** Typed by somebody who knows at once what is wrong, and which disk it is. */
const BY_HAND = [
  'lvm vgchange -an vm1-vg',
  'lvm vgextend --restoremissing vm1-vg /dev/sdb1',
  'lvm vgchange -ay vm1-vg',
];

async function failures(
  flavour: Flavour,
  product: Product,
  healthySeconds: number,
  rounds: number,
): Promise<Row[]> {
  const recipe = allRecipes.find(({ id }) => id === 'incident/a1-archive');
  if (recipe === undefined) throw new Error('no recipe of A1');
  const waits = flavour === 'dracut' ? [['rd.retry=10'], []] : [[]];
  const rows: Row[] = [];
  for (const wait of waits) {
    const ours: number[] = [];
    const byHand: number[] = [];
    for (let round = 0; round < (wait.length === 0 && flavour === 'dracut' ? 1 : rounds); round++) {
      note(`failure ${round + 1}: ${flavour} ${wait.join(' ')}`);
      const machine = { name: 'bench', suite: SUITE, flavour, recipe } as const;
      ours.push(
        await timedBoot({ ...machine, mode: 'hook', kernelArguments: ['rd.lvmedic=auto', ...wait] }, product),
      );
      byHand.push(
        await timedBoot({ ...machine, mode: 'none', kernelArguments: wait }, product, repairByHand),
      );
    }
    const [auto, hand] = [median(ours) - healthySeconds, median(byHand) - healthySeconds];
    rows.push({
      ...{ what: `${flavour}, ${wait[0] ?? 'as it comes'}`, ours: `${auto.toFixed(1)} s`, peer: 'by hand' },
      ...{ peerValue: `${hand.toFixed(1)} s`, ratio: auto / hand },
    });
  }
  return rows;
}

async function repairByHand({ console }: Guest): Promise<void> {
  await console.waitForShell({ seconds: 600 });
  for (const command of BY_HAND) await console.shell(command);
  console.leaveShell();
}

/** Seconds by the guest's own clock until it is up, whole. */
async function timedBoot(
  setup: GuestSetup,
  product: Product,
  person: (guest: Guest) => Promise<void> = async () => {},
): Promise<number> {
  return withGuest(setup, product, async (guest) => {
    await person(guest);
    const report = await guest.report({ seconds: 600 });
    if (report.payloadProblems.length > 0) throw new Error(`not whole: ${report.payloadProblems.join(', ')}`);
    return report.uptimeSeconds;
  });
}
