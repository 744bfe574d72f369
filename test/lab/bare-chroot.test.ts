import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repairProblems } from '../../vm-harness/lab/check.ts';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { type ProductResult, productCommand } from '../../vm-harness/lab/product.ts';
import type { LabWorld } from '../../vm-harness/lab/world.ts';
import { allRecipes } from '../../vm-harness/recipes/index.ts';

const recipe = allRecipes.find(({ id }) => id === 'lvm2-label-damaged');

/** A root folder that holds the one file, lvm with its libraries, and nothing else: no losetup, no shell, no /sys. */
function makeRoot(root: string): void {
  const [lvm = ''] = spawnSync('sh', ['-c', 'readlink -f "$(command -v lvm || echo /usr/sbin/lvm)"'], {
    encoding: 'utf8',
  }).stdout.split('\n');
  const libraries = spawnSync('ldd', [lvm], { encoding: 'utf8' }).stdout.match(/\/\S+/g) ?? [];
  for (const [from, to] of [
    [productCommand()[0] ?? '', '/lvmedic'],
    [lvm, '/sbin/lvm'],
    ...libraries.map((file) => [file, file]),
  ]) {
    if (from === undefined || to === undefined) continue;
    fs.mkdirSync(path.join(root, path.dirname(to)), { recursive: true });
    fs.copyFileSync(from, path.join(root, to));
  }
  for (const name of ['proc', 'dev']) fs.mkdirSync(path.join(root, name));
}

const IN_CHROOT = 'mount -t proc proc "$1/proc"; mount --bind /dev "$1/dev"; exec chroot "$@"';

describe.skipIf(labUnavailable() !== null)(
  'in a chroot with nothing but the file, /proc, /dev and lvm',
  () => {
    let world: LabWorld;
    let root: string;

    beforeAll(() => {
      if (recipe === undefined) throw new Error('the recipe is gone');
      world = prepare(recipe);
      root = path.join(world.dir, 'root');
      makeRoot(root);
    });
    afterAll(() => {
      world?.dispose();
      removeTemporaryFolders();
    });

    function lvmedic(...args: readonly string[]): {
      status: number | null;
      result: ProductResult;
      transcript: string;
    } {
      const targets = world.loopTargets();
      const argv = ['--mount', 'sh', '-ec', IN_CHROOT, 'sh', root, '/lvmedic', ...args, ...targets, '--json'];
      const ran = spawnSync('unshare', argv, { encoding: 'utf8' });
      world.detach();
      const transcript = ran.stdout + ran.stderr;
      return {
        status: ran.status,
        result: JSON.parse(ran.stdout.trimEnd().split('\n').at(-1) ?? 'null'),
        transcript,
      };
    }

    test('diagnose finds the fault', () => {
      const { status, result, transcript } = lvmedic('diagnose');
      expect(status, transcript).toBe(4);
      expect(result.findings.map((finding) => finding.fault)).toEqual(['lvm2-label-damaged']);
    });

    test('repair rehearses on its own model, for want of losetup, says so, and repairs', () => {
      const { status, result, transcript } = lvmedic('repair', '--unattended', '--state-dir', '/state');
      expect(result.rehearsal, transcript).toEqual({ kind: 'model', passed: true });
      expect(status, transcript).toBe(1);
      expect(repairProblems(world), transcript).toEqual([]);
    });
  },
);
