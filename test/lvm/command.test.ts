import { describe, expect, test } from 'vitest';
import { staleViews } from '../../src/engine/lvm-daemon.ts';
import { daemonViewArgv, type LvmContext, lvmArgv, readOnlyArgv } from '../../src/lvm/command.ts';
import type { VgPlan } from '../../src/model/plan.ts';

const VERSIONS = ['2.02.98', '2.02.105', '2.02.187', '2.03.02', '2.03.05', '2.03.16', '2.03.39'] as const;

const on = (version: string, more: Partial<LvmContext> = {}): LvmContext => ({
  ...{ lvmPath: 'lvm', version, nodes: ['/dev/sda', '/dev/sdb'], deviceMapper: true, keepsBackups: false },
  ...{ lockDir: null, withoutLocks: false },
  ...more,
});

describe("commands in each version's own words", () => {
  test('2.02.98 knows -y with some commands only; it ended with 3 and repaired nothing', () => {
    for (const command of ['vgcfgrestore', 'vgchange', 'pvscan', 'vgreduce', 'lvremove']) {
      expect(lvmArgv([command], on('2.02.98'))).not.toContain('-y');
      expect(lvmArgv([command], on('2.02.105'))).toContain('-y');
    }
    for (const command of ['pvcreate', 'vgextend', 'lvchange']) {
      expect(lvmArgv([command], on('2.02.98'))).toContain('-y');
    }
  });

  test('what is not whole is activated by --partial before there was an --activationmode', () => {
    const words = ['lvchange', '-ay', '--activationmode', 'degraded', 'vg0/root'];
    expect(lvmArgv(words, on('2.02.105')).slice(-3)).toEqual(['-ay', '--partial', 'vg0/root']);
    expect(lvmArgv(words, on('2.02.143')).slice(-4)).toEqual(words.slice(1));
  });

  test('the daemon of 2.02 hears of a repair, and nothing else goes by its word', () => {
    expect(lvmArgv(['pvscan', '--cache', '/dev/sda'], on('2.02.187')).join(' ')).not.toContain('use_lvmetad');
    for (const command of ['vgcfgrestore', 'vgextend', 'pvcreate', 'lvchange']) {
      expect(lvmArgv([command], on('2.02.187')).join(' ')).toContain('use_lvmetad=0');
    }
    expect(daemonViewArgv('vg0', on('2.02.187'))?.join(' ')).not.toContain('use_lvmetad');
    expect(daemonViewArgv('vg0', on('2.02.187'))?.join(' ')).toContain('locking_type=4');
    expect(daemonViewArgv('vg0', on('2.03.05'))).toBeNull();
  });

  test('the daemon is asked by a field that the first versions know: they answered 5, and a good repair seemed to fail', () => {
    for (const version of ['2.02.98', '2.02.105', '2.02.187']) {
      expect(daemonViewArgv('vg0', on(version))).toContain('pv_attr');
    }
  });

  test.each(VERSIONS)('%s: a look is no pvscan, names its devices and cannot write', (version) => {
    const argv = readOnlyArgv(['pvs'], on(version));
    const words = argv.join(' ');
    expect(argv).not.toContain('-y');
    expect(words.includes('--readonly')).toBe(!['2.02.98', '2.02.105'].includes(version));
    if (version.startsWith('2.02')) expect(words).toContain('locking_type=4');
    expect(words).toContain('/dev/sda');
    expect(words).toContain('/dev/sdb');
  });
});

describe("lvm's daemon after a repair", () => {
  const plan = {
    volumeGroup: { name: 'vg0', uuid: 'u' },
    steps: [{ kind: 'lvm', words: ['pvscan', '--cache'], regionIds: [], why: '', liveOnly: true }],
    regionIds: ['/dev/sda'],
    goal: { absentPvUuids: [] },
  } as unknown as VgPlan;
  const ask = (version: string, stdout: string, exitCode = 0) =>
    staleViews(
      [plan],
      { nodeOf: (id) => id, environment: {}, lvmContext: () => on(version) },
      {
        run: async (argv) => ({
          ...{ argv, exitCode, signal: null, timedOut: false, stdout, stderr: '', durationMs: 1 },
        }),
      },
      () => {},
    );

  test('that sees all of it is not spoken of', async () => {
    expect(await ask('2.02.187', '  a-- \n  a--u\n')).toEqual([]);
  });
  test('that still calls a disk missing is told, with what to do', async () => {
    expect((await ask('2.02.187', '  a-- \n  a-m \n')).join()).toMatch(/still misses 1 .*pvscan --cache/);
  });
  test('that does not answer is no proof of anything', async () => {
    expect((await ask('2.02.187', '', 5)).join()).toMatch(/does not answer/);
    expect((await ask('2.02.187', '\n')).join()).toMatch(/does not answer/);
  });
  test('is no more in 2.03', async () => {
    expect(await ask('2.03.05', '', 5)).toEqual([]);
  });
});
