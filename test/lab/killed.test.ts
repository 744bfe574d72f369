import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repairProblems } from '../../vm-harness/lab/check.ts';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { productEnvironment, runProduct } from '../../vm-harness/lab/product.ts';
import type { LabWorld } from '../../vm-harness/lab/world.ts';
import { allRecipes } from '../../vm-harness/recipes/index.ts';

const MAX_POINTS = 80;
const root = path.join(import.meta.dirname, '../..');

/** Runs lvmedic from its sources, killed at its n-th fsync: every journal line and every saved byte is one. */
function killedAt(point: number, world: LabWorld, args: readonly string[]): boolean {
  const inject = `inject=fsync:signal=SIGKILL:when=${point}`;
  const argv = [
    '-o',
    '/dev/null',
    '-e',
    'trace=fsync',
    '-e',
    inject,
    process.execPath,
    `${root}/src/main.ts`,
  ];
  const ran = spawnSync('strace', [...argv, ...args, '--state-dir', world.stateDir], {
    env: { PATH: process.env.PATH, ...productEnvironment(world) },
    encoding: 'utf8',
    timeout: 120_000,
  });
  return ran.signal === 'SIGKILL' || ran.status === 137;
}

/** An lvm that kills lvmedic before or after its n-th command that names a volume group or disk. */
function murderousLvm(world: LabWorld, nth: number, when: 'before' | 'after'): string {
  const file = path.join(world.dir, 'murderous-lvm');
  const count = path.join(world.dir, 'calls');
  const kill = `[ "$n" = ${nth} ] && kill -KILL $PPID`;
  const script = [
    '#!/bin/sh',
    'lvm=/usr/sbin/lvm; [ -x $lvm ] || lvm=/sbin/lvm',
    '[ "$1" = version ] && exec $lvm "$@"',
    `n=$(( $(cat ${count} 2>/dev/null || echo 0) + 1 )); echo $n > ${count}`,
    ...(when === 'before' ? [kill] : []),
    '$lvm "$@"; status=$?',
    ...(when === 'after' ? [kill] : []),
    'exit $status',
  ];
  fs.writeFileSync(file, `${script.join('\n')}\n`, { mode: 0o755 });
  return file;
}

describe.skipIf(labUnavailable() !== null)('lvmedic is killed in the middle of a repair', () => {
  let broken: LabWorld;
  let before: Record<string, string>;

  beforeAll(() => {
    const recipe = allRecipes.find(({ id }) => id === 'lvm2-label-damaged');
    if (recipe === undefined) throw new Error('the recipe is gone');
    broken = prepare(recipe);
    before = broken.fingerprint();
  });
  afterAll(() => {
    broken?.dispose();
    removeTemporaryFolders();
  });

  /** Whatever the kill left, one more command ends whole: repaired, or as before. */
  function endsWhole(world: LabWorld, by: 'repair' | 'undo', where: string): void {
    if (by === 'undo') {
      const { status, transcript } = runProduct(world, ['undo', '--unattended']);
      const nothingRecorded = /there is no undo record/.test(transcript);
      expect(status, `${where}: ${transcript}`).toBe(nothingRecorded ? 8 : 0);
      expect(world.fingerprint(), `${where}: ${transcript}`).toEqual(before);
      return;
    }
    const { status, result, transcript } = runProduct(world, [
      'repair',
      '--unattended',
      ...world.imageTargets(),
    ]);
    // Killed behind its last journal line, the repair was already whole.
    expect(['repaired 1', 'healthy 0'], `${where}: ${transcript}`).toContain(`${result.outcome} ${status}`);
    expect(repairProblems(world), where).toEqual([]);
  }

  test('at any journalled point: repair or undo ends whole', { timeout: 600_000 }, () => {
    let points = 0;
    for (let point = 1; point <= MAX_POINTS; point++) {
      const world = broken.copy();
      try {
        if (!killedAt(point, world, ['repair', '--unattended', ...world.imageTargets()])) break;
        points++;
        endsWhole(world, point % 2 === 0 ? 'undo' : 'repair', `killed at fsync ${point}`);
      } finally {
        world.dispose();
      }
    }
    // Fewer would mean that the injection does not hit what it is meant to.
    expect(points).toBeGreaterThan(20);
    expect(points).toBeLessThan(MAX_POINTS);
  });

  test.each([
    ['before', 1],
    ['after', 1],
    ['before', 3],
    ['after', 3],
    ['before', 4],
    ['after', 4],
  ] as const)('%s lvm command %i: repair or undo ends whole', (when, nth) => {
    for (const by of ['repair', 'undo'] as const) {
      const world = broken.copy();
      try {
        const lvm = murderousLvm(world, nth, when);
        const args = [
          'repair',
          '--unattended',
          '--lvm',
          lvm,
          ...world.imageTargets(),
          '--state-dir',
          world.stateDir,
        ];
        const ran = spawnSync(process.execPath, [`${root}/src/main.ts`, ...args], {
          env: { PATH: process.env.PATH, ...productEnvironment(world) },
          encoding: 'utf8',
        });
        expect(ran.signal, ran.stdout + ran.stderr).toBe('SIGKILL');
        endsWhole(world, by, `killed ${when} command ${nth}`);
      } finally {
        world.dispose();
      }
    }
  });

  test('in the middle of an undo: undo again ends whole, in either state', { timeout: 300_000 }, () => {
    let points = 0;
    for (let point = 1; point <= MAX_POINTS; point += 2) {
      const world = broken.copy();
      try {
        expect(runProduct(world, ['repair', '--unattended', ...world.imageTargets()]).status).toBe(1);
        const repaired = world.fingerprint();
        if (!killedAt(point, world, ['undo', '--unattended'])) break;
        points++;
        const { status, transcript } = runProduct(world, ['undo', '--unattended']);
        expect(status, transcript).toBe(0);
        // Killed behind its last journal line, the undo was whole, and the next one takes it back.
        const where = `killed at fsync ${point} of the undo: ${transcript}`;
        expect([before, repaired], where).toContainEqual(world.fingerprint());
      } finally {
        world.dispose();
      }
    }
    expect(points).toBeGreaterThan(3);
  });
});
