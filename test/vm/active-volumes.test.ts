import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type GuestRun,
  type GuestStep,
  guestUnavailable,
  runOneShot,
} from '../../vm-harness/guest/one-shot.ts';
import { removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { standard, VG, vgDisks } from '../../vm-harness/lab/layouts.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { openFaults, type ProductResult, productCommand } from '../../vm-harness/lab/product.ts';
import type { LabWorld } from '../../vm-harness/lab/world.ts';
import { changeWhileAway } from '../../vm-harness/recipes/damage.ts';
import { type Recipe, repaired } from '../../vm-harness/recipes/recipe.ts';
import { resultOfStep, stepOf } from './guest-steps.ts';

const unavailable = guestUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: every test in a guest, for it ${unavailable}.`);

/** `home` stands wholly on the disk that stayed, so lvm activates it although the other one is marked missing. */
const recipe: Recipe = {
  id: 'lvm2-pv-marked-missing/active',
  title: 'volumes are in use while a disk is still called missing',
  seeds: ['A1'],
  disks: vgDisks(2),
  build: standard(2),
  break: (world) => changeWhileAway(world, 'd1'),
  expect: repaired('lvm2-pv-marked-missing'),
};

/** All in one boot. Hashes are taken past the page cache, and with the LVs as they are at that point. */
const SCRIPT = `
disks() {
  sync
  echo 3 > /proc/sys/vm/drop_caches
  for disk in $DISKS; do echo "$disk $(sha256sum < /dev/disk/by-id/virtio-$disk)"; done
}
active() { dmsetup info -c --noheadings -o name; }
look() { mount -t ext4 -o ro,noload "$1" /mnt && cat /mnt/etc/hostname && cat /mnt/file-* > /dev/null; umount /mnt; }

step disks-before disks

lvm lvchange -ay ${VG}/home
mount -t ext4 -o ro,noload /dev/${VG}/home /mnt
step diagnose-mounted lvmedic diagnose --json
step repair-mounted lvmedic repair --unattended --json --state-dir /state
step active-mounted active
step disks-mounted disks

umount /mnt
sleep 900 < /dev/${VG}/home & holder=$!
step repair-open lvmedic repair --unattended --json --state-dir /state
step active-open active
kill $holder; wait $holder
step active-before-repair active
step repair lvmedic repair --unattended --json --state-dir /state
step disks-repaired disks
step activate lvm vgchange -ay ${VG}
step active-repaired active
for lv in root home swap_1; do step content-$lv sha256sum /dev/${VG}/$lv; done
for lv in root home; do step look-$lv look /dev/${VG}/$lv; done

step undo-active lvmedic undo --unattended --json --state-dir /state
step active-after-refusal active
step disks-after-refusal disks
step deactivate lvm vgchange -an ${VG}
step undo lvmedic undo --unattended --json --state-dir /state
step disks-undone disks
`;

describe.skipIf(unavailable !== null)(`${recipe.title} [${recipe.id}, guest]`, () => {
  let world: LabWorld;
  let guest: GuestRun;
  let before: Record<string, string>;

  beforeAll(async () => {
    const [lvmedic = ''] = productCommand();
    if (lvmedic === process.execPath || !existsSync(lvmedic)) throw new Error('first: npm run build');
    world = prepare(recipe);
    before = world.fingerprint();
    const disks = world.present();
    guest = await runOneShot({
      name: 'active-volumes',
      disks: disks.map((name) => ({ name, image: world.image(name) })),
      files: [{ path: 'usr/bin/lvmedic', content: readFileSync(lvmedic), executable: true }],
      timeoutSeconds: 540,
      script: `DISKS='${disks.join(' ')}'\n${SCRIPT}`,
    });
  });
  afterAll(() => {
    world?.dispose();
    removeTemporaryFolders();
  });

  const step = (name: string): GuestStep => stepOf(guest, name);
  const resultOf = (name: string): ProductResult => resultOfStep(guest, name);

  /** The sha256 of every disk at this point. */
  function disksAt(name: string): Record<string, string> {
    const lines = step(name).output.matchAll(/^(\S+) ([0-9a-f]{64})\b/gm);
    return Object.fromEntries([...lines].map(([, disk, sha256]) => [disk, sha256]));
  }

  function activeAt(name: string): string[] {
    const escaped = VG.replaceAll('-', '--');
    return step(name)
      .output.split('\n')
      .filter((line) => line.startsWith(`${escaped}-`))
      .map((line) => line.slice(escaped.length + 1))
      .sort();
  }

  test('the guest sees the bytes that are on the disks', () => {
    expect(disksAt('disks-before')).toEqual(before);
  });

  describe('while an LV of the volume group is mounted', () => {
    test('diagnose finds what is wrong', () => {
      const { status, output } = step('diagnose-mounted');
      expect(openFaults(resultOf('diagnose-mounted')), output).toEqual(recipe.expect.faults);
      expect(status, output).toBe(4);
    });

    test('repair declines, and its reason names the mount', () => {
      const { status, output } = step('repair-mounted');
      const result = resultOf('repair-mounted');
      expect(result.outcome, output).toBe('declined');
      expect(status, output).toBe(4);
      expect(result.undoRecord ?? null, output).toBeNull();
      const reasons = (result.declined ?? []).map(({ reason }) => reason).join('\n');
      expect(reasons, output).toMatch(/home.*mounted on \/mnt/);
    });

    test('no byte of any disk changed, and the LV stayed active', () => {
      expect(activeAt('active-mounted')).toEqual(['home']);
      expect(disksAt('disks-mounted')).toEqual(before);
    });
  });

  test('an LV that a program merely holds open is not taken from it', () => {
    const { status, output } = step('repair-open');
    const result = resultOf('repair-open');
    expect(result.outcome, output).toBe('declined');
    expect(status, output).toBe(4);
    expect(result.undoRecord ?? null, output).toBeNull();
    expect(activeAt('active-open')).toEqual(['home']);
  });

  describe('while an LV is active and nothing uses it', () => {
    test('repair deactivates it and repairs', () => {
      expect(activeAt('active-before-repair')).toEqual(['home']);
      const { status, output } = step('repair');
      const result = resultOf('repair');
      expect(result.outcome, output).toBe('repaired');
      expect(status, output).toBe(1);
      expect(result.undoRecord, output).toBeTruthy();
      expect(output).toContain('vgchange');
    });

    test('no disk outside of the volume group changed', () => {
      const outside = (disks: Record<string, string>) =>
        Object.entries(disks).filter(([name]) => !/^d\d+$/.test(name));
      expect(outside(disksAt('disks-repaired'))).toEqual(outside(before));
      expect(disksAt('disks-repaired')).not.toEqual(before);
    });

    test('then lvm activates all LVs without a word of complaint', () => {
      const { status, output } = step('activate');
      expect(status, output).toBe(0);
      expect(output).not.toMatch(/warning|refusing|missing|partial/i);
      expect(activeAt('active-repaired')).toEqual(['home', 'root', 'swap_1']);
    });

    test.each(['root', 'home', 'swap_1'])('the content of %s is what was put there', (lv) => {
      expect(step(`content-${lv}`).output.split(' ')[0]).toBe(world.truth.payload[`${VG}/${lv}`]);
    });

    test.each(['root', 'home'])('%s mounts, and its files can be read', (lv) => {
      expect(step(`look-${lv}`)).toEqual({ status: 0, output: `${lv}\n` });
    });
  });

  describe('undo', () => {
    test('is refused while an LV of the volume group is active, and changes nothing', () => {
      const { status, output } = step('undo-active');
      expect(status, output).toBe(8);
      expect(output).toMatch(/active/);
      expect(activeAt('active-after-refusal')).toEqual(['home', 'root', 'swap_1']);
      expect(disksAt('disks-after-refusal')).toEqual(disksAt('disks-repaired'));
    });

    test('brings every byte back once they are not', () => {
      expect(step('deactivate').status, step('deactivate').output).toBe(0);
      const { status, output } = step('undo');
      expect(status, output).toBe(0);
      expect(disksAt('disks-undone')).toEqual(before);
      expect(world.fingerprint(), 'after the guest has ended').toEqual(before);
    });
  });
});
