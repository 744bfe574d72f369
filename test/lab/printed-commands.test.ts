import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { repairProblems } from '../../vm-harness/lab/check.ts';
import { labUnavailable, removeTemporaryFolders, run } from '../../vm-harness/lab/host.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { productCommand, productEnvironment, runProduct } from '../../vm-harness/lab/product.ts';
import type { LabWorld } from '../../vm-harness/lab/world.ts';
import { allRecipes } from '../../vm-harness/recipes/index.ts';

afterAll(removeTemporaryFolders);

const PLAYED = [
  'lvm2-pv-marked-missing',
  'lvm2-pv-dropped',
  'lvm2-pv-id-changed',
  'lvm2-seqno-mismatch',
  'lvm2-metadata-split-brain',
  'lvm2-label-damaged',
  'lvm2-mda-header-bad',
  'lvm2-metadata-text-bad',
  'lvm2-metadata-lost/dead-filesystem',
  'lvm2-pv-absent/snapshot-store',
];

function typed(world: LabWorld, line: string) {
  return spawnSync('sh', ['-c', line], {
    ...{ encoding: 'utf8', input: '' },
    env: { PATH: process.env.PATH, ...productEnvironment(world) },
  });
}

/** What lvmedic itself writes is zeros over a label. */
function clear(node: string, offsetBytes: number, lengthBytes: number): void {
  const place = ['bs=1', `seek=${offsetBytes}`, `count=${lengthBytes}`, 'conv=notrunc'];
  run('dd', ['if=/dev/zero', `of=${node}`, ...place]);
}

/** The page of a diagnosis, as a person at a terminal reads it. */
function pageOf(world: LabWorld, targets: readonly string[]): string[] {
  const [command = '', ...before] = productCommand();
  const argv = [...before, 'diagnose', ...targets, '--state-dir', world.stateDir];
  const env = { PATH: process.env.PATH, ...productEnvironment(world) };
  return spawnSync(command, argv, { encoding: 'utf8', env }).stdout.split('\n');
}

/** The texts that the plan's commands are given: they lie in the record of a repair. */
function textsOf(recipeId: string): Map<string, string> {
  const other = world(recipeId);
  const { expect: expected } = recipe(recipeId);
  const consent = expected.remedy === undefined ? [] : ['--remedy', expected.remedy, '--vg', 'vm1-vg'];
  const { result } = runProduct(other, ['repair', '--unattended', ...consent, ...other.imageTargets()]);
  const folder = result.undoRecord?.path ?? '';
  const names = readdirSync(folder).filter((name) => /^plan-1-\d+\.vg$/.test(name));
  return new Map(names.map((name) => [name.replace('plan-1-', ''), join(folder, name)]));
}

const recipe = (id: string) => {
  const found = allRecipes.find((each) => each.id === id);
  if (found === undefined) throw new Error(`no recipe ${id}`);
  return found;
};
const world = (id: string): LabWorld => prepare(recipe(id));

describe.skipIf(labUnavailable() !== null).each(PLAYED)('what a page tells people to type: %s', (id) => {
  test('the look runs on the lvm that is there, and writes nothing', () => {
    const broken = world(id);
    const before = broken.fingerprint();
    const page = pageOf(broken, broken.loopTargets());
    const at = page.findIndex((line) => line.startsWith('To look at it with lvm itself'));
    const look = /\$ (.*)/.exec(page[at + 1] ?? '')?.[1] ?? '';
    expect(look).toMatch(/ pvs .*--readonly| pvs .*locking_type=4/);
    const ran = typed(broken, look);
    expect([look, ran.status, ran.stderr]).toEqual([look, 0, ran.stderr]);
    expect(ran.stdout).toContain('vm1-vg');
    broken.detach();
    expect(broken.fingerprint()).toEqual(before);
    broken.dispose();
  });

  test('the steps of the remedy, typed one after the other, do what they say', () => {
    const texts = textsOf(id);
    const broken = world(id);
    const { expect: expected } = recipe(id);
    const page = pageOf(broken, broken.loopTargets());
    const wanted = `remedy "${expected.remedy ?? 'repair'}"`;
    const start = page.findIndex((line) => line.includes(wanted));
    expect(start, page.join('\n')).toBeGreaterThan(0);
    const end = page.findIndex((line, at) => at > start && (line.trim() === '' || line.includes('remedy "')));
    for (const line of page.slice(start, end)) {
      const write = /^\s+write (\d+) bytes to (\S+) at byte (\d+)/.exec(line);
      if (write !== null) clear(write[2] ?? '', Number(write[3]), Number(write[1]));
      const command = /^\s+\$ (.*)/.exec(line)?.[1];
      if (command === undefined) continue;
      const told = command.replaceAll(/'?<(\d+\.vg)>'?/g, (_, name: string) => texts.get(name) ?? '?');
      const ran = typed(broken, told);
      expect([told, ran.status, ran.stderr]).toEqual([told, 0, ran.stderr]);
    }
    broken.detach();
    expected.gives?.(broken);
    expect(repairProblems(broken)).toEqual([]);
    broken.dispose();
  });
});
