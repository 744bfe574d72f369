import { afterAll, describe, test } from 'vitest';
import { buildDeb } from '../../scripts/packages/deb.ts';
import { usualOrder } from '../../scripts/packages/order.ts';
import { buildRpm } from '../../scripts/packages/rpm.ts';
import { labUnavailable, removeTemporaryFolders, temporaryFolder } from '../../vm-harness/lab/host.ts';
import type { PackageCase, Packages } from '../../vm-harness/scenarios/packages.ts';

/** A test for each; how many at a time, vitest.config.ts says. */
export function playPackages(cases: readonly PackageCase[]): void {
  const unavailable = labUnavailable();
  if (unavailable !== null)
    console.warn(`SKIPPED: every package in an installed system, for it ${unavailable}.`);

  describe.skipIf(unavailable !== null)('in an installed system', () => {
    const packages = builtPackages();
    afterAll(removeTemporaryFolders);

    test.concurrent.for(cases.map((each) => [each.id, each.title, each] as const))('%s: %s', ([, , each]) =>
      each.play(packages),
    );
  });
}

function builtPackages(): Packages {
  const made = new Map<string, string>();
  const once = (key: string, make: (output: string) => string): string => {
    const file = made.get(key) ?? make(temporaryFolder('lvmedic-built-'));
    made.set(key, file);
    return file;
  };
  const order = (output: string) => ({ ...usualOrder('amd64'), output });
  return {
    deb: () => once('deb', (output) => buildDeb(order(output))),
    rpms: () => ({
      older: once('older', (output) => buildRpm({ ...order(output), version: '0.0.9' })),
      newer: once('newer', (output) => buildRpm(order(output))),
    }),
  };
}
