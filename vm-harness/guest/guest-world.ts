import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MIB, run } from '../lab/host.ts';
import { standard, vgDisks } from '../lab/layouts.ts';
import { writeBytes } from '../lab/ondisk.ts';
import { LabWorld, type Truth } from '../lab/world.ts';
import type { GuestRecipe } from '../recipes/guests.ts';
import type { Recipe } from '../recipes/recipe.ts';
import { makeBootPartition } from './boot-partition.ts';
import { type Deb, openDeb } from './deb.ts';
import { guestDisks } from './disks.ts';
import { BOOT_START_MIB, GUEST_DISKS } from './layout.ts';
import type { Suite } from './suites.ts';

export interface GuestWorldOptions {
  readonly suite: Suite;
  /** What happened to the disks; nothing, when absent. */
  readonly recipe?: Pick<GuestRecipe, 'break' | 'moreDisks'>;
  /** The product's package, when it is installed in the guest. */
  readonly deb?: string;
}

/** The disks of a restored VM whose root is on LVM, and what was done to them. */
export interface GuestWorld {
  readonly suite: Suite;
  readonly deb: Deb | null;
  /**
   * d1, d2 and those that the recipe adds, for the lab's functions that break and check. In the guest they are sda and sdb, mostly: newer kernels
   * probe disks at the same time. `/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_d1` is always d1.
   */
  readonly lab: LabWorld;
  /** Files of its kernel's package that lie in /boot; the same as on d1. */
  readonly bootFolder: string;
  dispose(): void;
}

/** Disks of an installed system, broken by the recipe. */
export async function prepareGuestWorld({ suite, recipe, deb }: GuestWorldOptions): Promise<GuestWorld> {
  const opened = deb === undefined ? null : openDeb(deb);
  const { folder } = await guestDisks(suite, opened);
  const lab = new LabWorld([...GUEST_DISKS, ...(recipe?.moreDisks ?? [])]);
  for (const { name } of GUEST_DISKS) {
    run('cp', ['--sparse=always', join(folder, `${name}.img`), lab.image(name)]);
  }
  cpSync(join(folder, 'etc-lvm'), lab.lvmDir, { recursive: true });
  lab.truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as Truth;
  recipe?.break(lab);
  lab.detach();
  return { suite, deb: opened, lab, bootFolder: join(folder, 'boot'), dispose: () => lab.dispose() };
}

/** Puts the program of the package where the initramfs of mode `hook` looks for it. */
export function layProgramInBoot(world: GuestWorld): void {
  const image = join(world.lab.dir, 'boot.img');
  makeBootPartition(image, world.bootFolder, world.deb);
  writeBytes(world.lab.image('d1'), BOOT_START_MIB * MIB, readFileSync(image));
  rmSync(image);
}

/** Whether a recipe's damage can be done to a guest's disks: the rest build disks of their own. */
export function fitsGuest(recipe: Recipe): boolean {
  return recipe.build === standard(2) && JSON.stringify(recipe.disks) === JSON.stringify(vgDisks(2));
}
