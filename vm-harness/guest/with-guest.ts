import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lab/host.ts';
import type { GuestRecipe } from '../recipes/guests.ts';
import { type Guest, type GuestOptions, type SavedGuest, startGuest } from './guest.ts';
import { type GuestWorld, prepareGuestWorld } from './guest-world.ts';
import { type RescueBoot, startRescue } from './iso-guest.ts';
import type { Drive } from './qemu.ts';
import type { Flavour, Mode, Suite } from './suites.ts';

/** The product as it comes to a guest, made by `scripts/build.ts` and `scripts/packages.ts`. */
export interface Product {
  readonly program: string;
  deb(): string;
  cpio(): string;
  /** The path of the rescue image. */
  iso(): Promise<string>;
}

export interface GuestSetup
  extends Pick<
    GuestOptions,
    'kernelArguments' | 'memoryMiB' | 'consoleCount' | 'rootAccount' | 'extraArguments'
  > {
  /** Of the transcript in test-results/vm. */
  readonly name: string;
  readonly suite: Suite;
  readonly flavour: Flavour;
  readonly mode: Mode;
  /** Nothing is wrong, when absent. */
  readonly recipe?: GuestRecipe;
  /** A further disk of ext4, labelled MEDIC, with the program on it, as docs/shell-open-now.md makes it. */
  readonly medium?: boolean;
  /** Boots the rescue image instead of the machine's own kernel; `mode` and `flavour` are those of its own system. */
  readonly rescue?: RescueBoot;
  /** Begins where this first stands on the console; cases that begin at the same place share one boot. */
  readonly from?: RegExp;
}

/** Makes the disks, breaks them, switches the machine on, and clears all of it away after `use`. */
export async function withGuest<T>(
  setup: GuestSetup,
  product: Product,
  use: (guest: Guest) => Promise<T>,
): Promise<T> {
  const { from, name, ...boot } = setup;
  if (from === undefined) return boots({ ...boot, name }, product, use);
  const key = JSON.stringify([boot, from.source]);
  let saved = savedGuests.get(key);
  if (saved === undefined) {
    saved = saveAt(from, { ...boot, name: `${name}-boot` }, product);
    savedGuests.set(key, saved);
    saved.catch(() => savedGuests.delete(key));
  }
  const guest = await (await saved).start(name);
  try {
    return await use(guest);
  } finally {
    await guest.end();
  }
}

/** With their disks, until this process ends. */
const savedGuests = new Map<string, Promise<SavedGuest>>();

async function saveAt(screen: RegExp, setup: GuestSetup, product: Product): Promise<SavedGuest> {
  const guest = await startGuest(await optionsOf(setup, product));
  const [match] = await guest.console.waitFor(screen, { seconds: 240 });
  return guest.save(match);
}

async function boots<T>(setup: GuestSetup, product: Product, use: (guest: Guest) => Promise<T>): Promise<T> {
  const options = await optionsOf(setup, product);
  try {
    const { rescue } = setup;
    const guest =
      rescue === undefined
        ? await startGuest(options)
        : await startRescue(options, rescue, await product.iso());
    try {
      return await use(guest);
    } finally {
      await guest.end();
    }
  } finally {
    options.world.dispose();
  }
}

/** With a world of its own. */
async function optionsOf(setup: GuestSetup, product: Product): Promise<GuestOptions> {
  const { suite, mode, recipe, medium, rescue, ...rest } = setup;
  const isInstalled = mode === 'hook' || mode === 'embed';
  const world = await prepareGuestWorld({
    suite,
    ...(recipe === undefined ? {} : { recipe }),
    ...(isInstalled ? { deb: product.deb() } : {}),
  });
  return {
    ...{ ...rest, world, mode },
    kernelArguments: [...(recipe?.kernelArguments ?? []), ...(setup.kernelArguments ?? [])],
    ...(mode === 'append' ? { appendedArchive: product.cpio() } : {}),
    ...(medium ? { drives: [makeMedium(world, product)] } : {}),
  };
}

function makeMedium({ lab }: GuestWorld, { program }: Product): Drive {
  const folder = join(lab.dir, 'medic');
  mkdirSync(folder);
  copyFileSync(program, join(folder, 'lvmedic'));
  const file = join(lab.dir, 'medic.img');
  run('mke2fs', ['-q', '-t', 'ext4', '-L', 'MEDIC', '-d', folder, file, '128M']);
  return { name: 'medic', file, format: 'raw' };
}
