import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repairProblems } from '../../vm-harness/lab/check.ts';
import { labUnavailable, MIB, removeTemporaryFolders, run } from '../../vm-harness/lab/host.ts';
import { readBytes, writeBytes } from '../../vm-harness/lab/ondisk.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { runProduct } from '../../vm-harness/lab/product.ts';
import type { LabWorld } from '../../vm-harness/lab/world.ts';
import { allRecipes } from '../../vm-harness/recipes/index.ts';

afterAll(removeTemporaryFolders);

const DISK_MIB = 40;
const DISKS = ['d1', 'd2'] as const;
const startOf = (index: number): number => (1 + index * DISK_MIB) * MIB;

/**
 * Two physical volumes of one group are partitions of one image, without nodes of their own. The repair attaches each, and
 * must not take its own loop device over the first for somebody else's when it comes to the second.
 */
describe.skipIf(labUnavailable() !== null)('two physical volumes in one image, one label gone', () => {
  let world: LabWorld;
  let image: string;
  let broken: string;

  beforeAll(() => {
    const recipe = allRecipes.find(({ id }) => id === 'lvm2-label-damaged/zeroed');
    if (recipe === undefined) throw new Error('no recipe');
    world = prepare(recipe);
    image = join(world.dir, 'both.img');
    writeFileSync(image, '');
    truncateSync(image, (2 * DISK_MIB + 2) * MIB);
    const parts = DISKS.flatMap((_, n) => [
      '-n',
      `${n + 1}:${startOf(n) / 512}:+${DISK_MIB}M`,
      '-t',
      `${n + 1}:8e00`,
    ]);
    run('sgdisk', [...parts, image]);
    for (const [n, disk] of DISKS.entries()) {
      writeBytes(image, startOf(n), readFileSync(world.image(disk)));
    }
    broken = sha256();
  });
  afterAll(() => world?.dispose());

  const sha256 = (): string => createHash('sha256').update(readFileSync(image)).digest('hex');

  test('are repaired, both of them, and no loop device is left', () => {
    const { result, status, transcript } = runProduct(world, ['repair', '--unattended', image]);
    expect([status, result.outcome], transcript).toEqual([1, 'repaired']);
    expect(spawnSync('losetup', ['-j', image], { encoding: 'utf8' }).stdout).toBe('');
    for (const [n, disk] of DISKS.entries()) {
      writeBytes(world.image(disk), 0, readBytes(image, startOf(n), DISK_MIB * MIB));
    }
    expect(repairProblems(world), transcript).toEqual([]);
  });

  test('are as they were after the undo', () => {
    const { status, transcript } = runProduct(world, ['undo', '--unattended']);
    expect(status, transcript).toBe(0);
    expect(sha256()).toBe(broken);
  });

  test('are left alone while another program has the image attached', () => {
    const node = run('losetup', ['--find', '--show', image]).trim();
    try {
      const { result, transcript } = runProduct(world, ['repair', '--unattended', image]);
      expect(result.outcome, transcript).toBe('failed');
      expect(transcript).toContain(`is attached as ${node}`);
    } finally {
      run('losetup', ['--detach', node]);
    }
    expect(sha256()).toBe(broken);
  });
});
