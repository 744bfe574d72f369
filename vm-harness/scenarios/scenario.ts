import type { Guest } from '../guest/guest.ts';
import { type GuestSetup, type Product, withGuest } from '../guest/with-guest.ts';

/** One restored machine that is switched on: what is wrong with it, who does what, and what must come of it. */
export interface Scenario extends Omit<GuestSetup, 'name'> {
  /** Unique; names the transcript. */
  readonly id: string;
  /** The incident, in words. */
  readonly title: string;
  /** Whether somebody is at the console. */
  readonly way: 'auto' | 'offer' | 'shell' | 'nobody';
  /** Part of every `npm test`; the others belong to the matrix. */
  readonly always?: boolean;
  /** What happens at the console, and what must be true then and at the end. Throws when it is not. */
  play(guest: Guest): Promise<void>;
}

/** Plays it from the power switch on. Rejects when something is not as it must be; its transcript stays either way. */
export function playScenario(scenario: Scenario, product: Product): Promise<void> {
  const { id, title, way, always, play, ...setup } = scenario;
  return withGuest({ ...setup, name: transcriptName(scenario) }, product, async (guest) => {
    const started = performance.now();
    const tell = (what: string) =>
      console.log(`guest: ${id} ${what} after ${Math.round((performance.now() - started) / 1000)} s`);
    try {
      await play(guest);
      tell('is as it must be');
    } catch (error) {
      tell('is NOT as it must be');
      throw error;
    }
  });
}

/** In test-results/vm, without `.log`. */
export const transcriptName = ({ id }: Scenario): string => id.replaceAll('/', '-');
