import { afterAll, beforeAll, describe, test } from 'vitest';
import { builtProduct } from '../../scripts/packages.ts';
import { guestUnavailable } from '../../vm-harness/guest/guest.ts';
import type { Product } from '../../vm-harness/guest/with-guest.ts';
import { removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { playScenario, type Scenario } from '../../vm-harness/scenarios/scenario.ts';

/** A test for each; how many at a time, vitest.config.ts says. */
export function playScenarios(scenarios: readonly Scenario[]): void {
  const unavailable = guestUnavailable();
  if (unavailable !== null) console.warn(`SKIPPED: every scenario on a guest, for it ${unavailable}.`);

  describe.skipIf(unavailable !== null)('on a real guest', () => {
    let product: Product;
    beforeAll(() => {
      product = builtProduct();
    });
    afterAll(removeTemporaryFolders);

    test.concurrent.for(scenarios.map((scenario) => [scenario.id, scenario.title, scenario] as const))(
      '%s: %s',
      ([, , scenario]) => playScenario(scenario, product),
    );
  });
}
