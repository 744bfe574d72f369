import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { runProduct } from '../../vm-harness/lab/product.ts';
import type { LabWorld } from '../../vm-harness/lab/world.ts';
import { allRecipes } from '../../vm-harness/recipes/index.ts';

const MIB = 1024 * 1024;

/** An lvm that does its work and kills lvmedic, once a repair has its record. */
function killerLvm(world: LabWorld): string {
  const file = path.join(world.dir, 'killer-lvm');
  const journal = `${world.stateDir}/undo/*/journal.ndjson`;
  const script = `#!/bin/sh\nlvm "$@"; status=$?\nls ${journal} >/dev/null 2>&1 && kill -9 $PPID\nexit $status\n`;
  fs.writeFileSync(file, script, { mode: 0o755 });
  return file;
}

describe.skipIf(labUnavailable() !== null)(
  'a repair was killed, and the volumes were used before the next run',
  () => {
    let world: LabWorld;

    beforeEach(() => {
      const recipe = allRecipes.find(({ id }) => id === 'lvm2-label-damaged');
      if (recipe === undefined) throw new Error('the recipe is gone');
      world = prepare(recipe);
      expect(() =>
        runProduct(world, ['repair', '--unattended', '--lvm', killerLvm(world), ...world.imageTargets()]),
      ).toThrow(/no result/);
      world.overwrite('d2', MIB + 8192, Buffer.from('written by the running system'));
    });
    afterEach(() => world?.dispose());
    afterAll(removeTemporaryFolders);

    test.each([
      ['repair', true],
      ['undo', false],
    ] as const)('%s does not play old data back over them, and says why', (command, named) => {
      const before = world.fingerprint();
      const targets = named ? world.imageTargets() : [];
      world.detach();
      const run = runProduct(world, [command, '--unattended', ...targets]);
      expect(run.status, run.transcript).toBe(8);
      expect(run.transcript).toMatch(/were used since/);
      expect(world.fingerprint()).toEqual(before);
    });

    test('repair under the policy "report" rolls nothing back', () => {
      const before = world.fingerprint();
      const run = runProduct(world, [
        'repair',
        '--unattended',
        '--policy',
        'report',
        ...world.imageTargets(),
      ]);
      expect(run.status, run.transcript).toBe(4);
      expect(world.fingerprint()).toEqual(before);
    });
  },
);
