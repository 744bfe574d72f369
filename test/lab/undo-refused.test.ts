import fs from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { VG } from '../../vm-harness/lab/layouts.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { type ProductRun, runProduct } from '../../vm-harness/lab/product.ts';
import type { LabWorld } from '../../vm-harness/lab/world.ts';
import { allRecipes } from '../../vm-harness/recipes/index.ts';

describe.skipIf(labUnavailable() !== null)('undo is refused when it would destroy something newer', () => {
  let world: LabWorld;

  beforeEach(() => {
    const recipe = allRecipes.find(({ id }) => id === 'lvm2-pv-marked-missing');
    if (recipe === undefined) throw new Error('the recipe is gone');
    world = prepare(recipe);
    expect(lvmedic('repair', '--unattended', ...world.imageTargets()).status).toBe(1);
  });
  afterEach(() => world?.dispose());
  afterAll(removeTemporaryFolders);

  function lvmedic(...args: readonly string[]): ProductRun {
    world.detach();
    return runProduct(world, args);
  }

  function expectRefused(run: ProductRun, reason: RegExp, before: Record<string, string>): void {
    expect(run.status, run.transcript).toBe(8);
    expect(run.transcript).toMatch(reason);
    expect(world.fingerprint()).toEqual(before);
  }

  test('the volume group was changed by lvm after the repair', () => {
    world.lvm(['vgchange', '--addtag', 'later', VG]);
    world.lvm(['vgchange', '--addtag', 'later-still', VG]);
    const before = world.fingerprint();
    expectRefused(
      lvmedic('undo', '--unattended'),
      /changed since the repair: it is at generation \d+/,
      before,
    );
  });

  test('a byte in the saved range was changed by anything else', () => {
    world.overwrite('d2', 700 * 1024, Buffer.from('not ours'));
    const before = world.fingerprint();
    expectRefused(
      lvmedic('undo', '--unattended'),
      /block at byte 716800 was changed by something else/,
      before,
    );
  });

  test('another disk stands where the repaired one stood', () => {
    const image = world.image('d2');
    world.detach();
    fs.copyFileSync(image, `${image}.copy`);
    fs.renameSync(`${image}.copy`, image);
    const before = world.fingerprint();
    expectRefused(lvmedic('undo', '--unattended'), /another disk/, before);
  });

  test('the record was damaged', () => {
    const [record = ''] = fs.readdirSync(`${world.stateDir}/undo`);
    const file = `${world.stateDir}/undo/${record}/before.bin`;
    const bytes = fs.readFileSync(file);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    fs.writeFileSync(file, bytes);
    const before = world.fingerprint();
    expectRefused(lvmedic('undo', '--unattended'), /damaged: the stored bytes for .* fail their CRC/, before);
  });
});
