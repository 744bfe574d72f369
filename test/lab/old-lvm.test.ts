import { spawnSync } from 'node:child_process';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { REPAIR_LVM } from '../../vm-harness/lab/lvm-tool.ts';
import { OldWorld, oldWorlds } from '../../vm-harness/lab/old-worlds.ts';
import { openFaults, type ProductResult, productCommand } from '../../vm-harness/lab/product.ts';
import { recordedVersions, standInFor } from '../../vm-harness/lab/stand-in.ts';
import { EXIT } from './rough-handling.ts';

afterAll(removeTemporaryFolders);

/** A third of all, always the same; all with `ALL_RECORDED=1`. */
const isPlayed = (what: string): boolean => process.env.ALL_RECORDED === '1' || crc32(what) % 3 === 0;

function lvmedic(world: OldWorld, args: readonly string[], lvm: string | null) {
  const [command = '', ...before] = productCommand();
  const argv = [...before, ...args, '--json', '--state-dir', `${world.dir}/state`];
  const ran = spawnSync(command, lvm === null ? argv : [...argv, '--lvm', lvm], {
    ...{ encoding: 'utf8', timeout: 120_000, maxBuffer: 64 * 1024 * 1024 },
    env: { PATH: process.env.PATH, LC_ALL: 'C', LVM_SYSTEM_DIR: `${world.dir}/etc-lvm` },
  });
  const transcript = `${ran.stdout}${ran.stderr}`;
  const result = JSON.parse(ran.stdout.trimEnd().split('\n').at(-1) ?? '') as ProductResult;
  return { status: ran.status, result, transcript };
}

describe.skipIf(labUnavailable() !== null).each(oldWorlds())('disks harmed by older lvm: %s', (name) => {
  let world: OldWorld;
  beforeAll(() => {
    world = new OldWorld(name);
  });
  afterAll(() => world?.dispose());

  test('are unpacked as they were', () => {
    expect(world.fingerprint()).toEqual(world.case.diskSha256);
  });

  test('are diagnosed for what they are, and looking writes nothing', () => {
    const { result, status, transcript } = lvmedic(world, ['diagnose', ...world.targets()], REPAIR_LVM);
    expect(openFaults(result), transcript).toEqual([...world.case.faults].sort());
    expect(status, transcript).toBe(EXIT.left);
    expect(world.fingerprint()).toEqual(world.case.diskSha256);
  });

  test('are repaired so that every volume is whole, or not at all; and taken back, and repaired again', () => {
    repairAndJudge(REPAIR_LVM);
    if (world.case.expect === 'declined') return;
    const repaired = world.fingerprint();
    const undo = () => lvmedic(world, ['undo', '--unattended'], null);
    expect(undo().status).toBe(0);
    expect(world.fingerprint()).toEqual(world.case.diskSha256);
    expect(undo().status).toBe(0);
    expect(world.fingerprint()).toEqual(repaired);
  });

  // What these versions print and write was recorded; what is told to them, and what is made of it, is the program's.
  test.each(recordedVersions().filter((version) => isPlayed(`${name} ${version}`)))(
    'by lvm %s, the same comes of them',
    (version) => {
      world.restore();
      repairAndJudge(standInFor(version, world));
    },
  );

  function repairAndJudge(lvm: string | null): void {
    const { result, status, transcript } = lvmedic(
      world,
      ['repair', '--unattended', ...world.targets()],
      lvm,
    );
    expect(result.outcome, transcript).toBe(world.case.expect);
    if (world.case.expect === 'declined') {
      expect(status, transcript).toBe(EXIT.left);
      expect(world.fingerprint()).toEqual(world.case.diskSha256);
      return;
    }
    expect(status, transcript).toBe(EXIT.repaired);
    expect(world.problems(), transcript).toEqual([]);
  }
});
