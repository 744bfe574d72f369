import { type Guest, type GuestOptions, startGuest } from '../guest/guest.ts';
import { prepareGuestWorld } from '../guest/guest-world.ts';
import type { Flavour, Mode, Suite } from '../guest/suites.ts';
import type { GuestRecipe } from '../recipes/guests.ts';

/** One restored machine that is switched on: what is wrong with it, who does what, and what must come of it. */
export interface Scenario {
  /** Unique; names the transcript. */
  readonly id: string;
  /** The incident, in words. */
  readonly title: string;
  readonly suite: Suite;
  readonly flavour: Flavour;
  readonly mode: Mode;
  /** Nothing is wrong, when absent. */
  readonly recipe?: GuestRecipe;
  /** Whether somebody is at the console. */
  readonly way: 'auto' | 'offer' | 'shell' | 'nobody';
  readonly machine?: Pick<
    GuestOptions,
    'kernelArguments' | 'memoryMiB' | 'consoleCount' | 'rootAccount' | 'extraArguments'
  >;
  /** Part of every `npm test`; the others belong to the matrix. */
  readonly always?: boolean;
  /** What happens at the console, and what must be true then and at the end. Throws when it is not. */
  play(guest: Guest): Promise<void>;
}

/** What is put into guests: the files of `scripts/packages.ts`. */
export interface Product {
  readonly deb: string;
  readonly cpio: string;
}

/** Plays it from the power switch on. Rejects when something is not as it must be; its transcript stays either way. */
export async function playScenario(scenario: Scenario, product: Product): Promise<void> {
  const { suite, flavour, mode, recipe, machine = {} } = scenario;
  const isInstalled = mode === 'hook' || mode === 'embed';
  const world = await prepareGuestWorld({
    suite,
    ...(recipe === undefined ? {} : { recipe }),
    ...(isInstalled ? { deb: product.deb } : {}),
  });
  try {
    const guest = await startGuest({
      ...{ name: transcriptName(scenario), world, flavour, mode, ...machine },
      kernelArguments: [...(recipe?.kernelArguments ?? []), ...(machine.kernelArguments ?? [])],
      ...(mode === 'append' ? { appendedArchive: product.cpio } : {}),
    });
    const started = performance.now();
    const tell = (what: string) =>
      console.log(
        `guest: ${scenario.id} ${what} after ${Math.round((performance.now() - started) / 1000)} s`,
      );
    try {
      await scenario.play(guest);
      tell('is as it must be');
    } catch (error) {
      tell('is NOT as it must be');
      throw error;
    } finally {
      await guest.end();
    }
  } finally {
    world.dispose();
  }
}

/** In test-results/vm, without `.log`. */
export const transcriptName = ({ id }: Scenario): string => id.replaceAll('/', '-');
