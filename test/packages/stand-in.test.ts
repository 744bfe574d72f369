import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

/** `initramfs/common/lvmedic`, which mounts the place of the program in an initramfs that holds only the hooks. */
const library = path.resolve(import.meta.dirname, '../../initramfs/common');
const UUID = '11111111-2222-3333-4444-555555555555';

// Each test starts dozens of processes, and guests may run beside them.
vi.setConfig({ testTimeout: 60_000 });

let work: string;
beforeAll(() => {
  work = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-stand-in-'));
});
afterAll(() => fs.rmSync(work, { recursive: true }));

interface Machine {
  /** As recorded; none: nothing was recorded. */
  readonly type?: string;
  /** What blkid finds, if it is asked. */
  readonly probed?: string;
  readonly blockdev?: 'writable' | 'read-only' | 'absent';
  readonly dmsetup?: boolean;
  readonly mount?: 'works' | 'fails';
  /** Lines of /proc/mounts. */
  readonly mounts?: string;
  readonly env?: Record<string, string>;
}

/** Runs the script among tools that only tell how they were called; the mounted filesystem holds a program. */
function run(machine: Machine): { calls: string[]; message: string; status: number | null; left: string[] } {
  const folder = fs.mkdtempSync(path.join(work, 'm'));
  const { type, probed = '', blockdev = 'writable', dmsetup = true, mount = 'works', mounts = '' } = machine;
  const at = (name: string) => path.join(folder, name);
  for (const name of ['bin', 'proc', 'run']) fs.mkdirSync(at(name));
  const tool = (name: string, script: string) =>
    fs.writeFileSync(at(`bin/${name}`), `#!/bin/sh\ncd ${folder}\n${script}\n`, { mode: 0o755 });
  const told = (name: string, script: string) => tool(name, `echo "${name} $*" >>calls\n${script}`);
  tool('modprobe', ':');
  tool('blkid', `case $1 in -U) echo /dev/boot ;; -L) echo /dev/medium ;; *) echo ${probed} ;; esac`);
  tool('readlink', 'echo /dev/boot');
  fs.writeFileSync(at('ro'), blockdev === 'read-only' ? '1' : '0');
  if (blockdev === 'absent') tool('blockdev', 'exit 127');
  else
    tool(
      'blockdev',
      `case $1 in --getro) cat ro; exit ;; --setro) echo 1 >ro ;; --setrw) echo 0 >ro ;; esac; echo "$@" >>calls`,
    );
  fs.mkdirSync(at('sys/class/block/boot'), { recursive: true });
  fs.writeFileSync(at('sys/class/block/boot/size'), '2048\n');
  if (dmsetup) told('dmsetup', ':');
  else tool('dmsetup', 'exit 1');
  told(
    'mount',
    mount === 'works'
      ? `for folder do :; done; printf '#!/bin/sh\\necho "program $*" >>${folder}/calls\\nexit 4\\n' >"$folder/lvmedic"; chmod +x "$folder/lvmedic"`
      : 'echo bad >&2; exit 32',
  );
  told('umount', 'rm -f "$1/lvmedic"');
  fs.writeFileSync(at('proc/cmdline'), '\n');
  fs.writeFileSync(at('proc/mounts'), mounts.replaceAll('@', folder));
  if (type !== undefined) fs.writeFileSync(at('place'), `${UUID} ${type} /lvmedic\n`);
  fs.writeFileSync(
    at('script'),
    fs
      .readFileSync(path.join(library, 'lvmedic'), 'utf8')
      .replace('/usr/lib/lvmedic/boot.sh', path.join(library, 'boot.sh'))
      .replaceAll('/etc/lvmedic/place', at('place')),
  );
  const result = spawnSync('sh', [at('script'), 'boot', '--ask'], {
    encoding: 'utf8',
    env: {
      PATH: `${at('bin')}:${process.env.PATH}`,
      lvmedic_etc: at('etc'),
      lvmedic_proc: at('proc'),
      lvmedic_sys: at('sys'),
      lvmedic_run: at('run'),
      ...machine.env,
    },
  });
  const calls = fs.existsSync(at('calls')) ? fs.readFileSync(at('calls'), 'utf8') : '';
  return {
    calls: calls
      .replace(/\S+\/run\/place\.\d+/g, 'PLACE')
      .split('\n')
      .slice(0, -1),
    message: result.stderr.trim(),
    status: result.status,
    left: fs.readdirSync(at('run')),
  };
}

describe('nothing is written to the filesystem that holds the program', () => {
  test('its device is read-only before it is mounted, and writable again afterwards', () => {
    expect(run({ type: 'ext4' })).toEqual({
      calls: [
        '--setro /dev/boot',
        'mount -t ext4 -o ro,nosuid,nodev,noload /dev/boot PLACE',
        'program boot --ask',
        'umount PLACE',
        '--setrw /dev/boot',
      ],
      message: '',
      status: 4,
      left: [],
    });
  });

  test('a device that was read-only stays so', () => {
    expect(run({ type: 'ext4', blockdev: 'read-only' }).calls.join()).not.toContain('--set');
  });

  test('when it cannot be mounted it is writable again as well', () => {
    const { calls, status, left } = run({ type: 'ext2', mount: 'fails', env: { LVMEDIC_BY_BOOT: '1' } });
    expect(calls.filter((call) => call.startsWith('--'))).toEqual(['--setro /dev/boot', '--setrw /dev/boot']);
    expect({ status, left }).toEqual({ status: 8, left: [] });
  });

  test('without blockdev, a mapping that refuses writes does it', () => {
    expect(run({ type: 'ext4', blockdev: 'absent' })).toMatchObject({
      calls: [
        'dmsetup create lvmedic-place --readonly --table 0 2048 linear /dev/boot 0',
        'mount -t ext4 -o ro,nosuid,nodev,noload /dev/mapper/lvmedic-place PLACE',
        'program boot --ask',
        'umount PLACE',
        'dmsetup remove --retry lvmedic-place',
      ],
      status: 4,
    });
  });

  test('without either it is not mounted', () => {
    const env = { LVMEDIC_BY_BOOT: '1' };
    const { calls, message, status } = run({ type: 'ext4', blockdev: 'absent', dmsetup: false, env });
    expect({ calls, status }).toEqual({ calls: [], status: 8 });
    expect(message).toContain('/dev/boot is left alone');
  });

  test('what somebody has mounted is used where it is, and its device stays as it is', () => {
    const mounts = '/dev/boot @/there ext4 rw 0 0\n';
    // The program is not in it: a part of the filesystem is mounted there.
    expect(run({ type: 'ext4', mounts }).calls).toEqual([
      'mount -t ext4 -o ro,nosuid,nodev,noload /dev/boot PLACE',
      'program boot --ask',
      'umount PLACE',
    ]);
  });
});

describe('only known filesystems are mounted: any other may replay its journal', () => {
  test.each(['ext3', 'vfat', 'btrfs', 'squashfs'])('auto, and blkid says %s', (probed) => {
    expect(run({ type: 'auto', probed }).calls[1]).toContain(`mount -t ${probed} -o ro,`);
  });

  test.each([
    ['auto', 'jfs'],
    ['auto', ''],
    ['reiserfs', ''],
  ])('recorded %s, and blkid says "%s"', (type, probed) => {
    const { calls, message } = run({ type, probed, env: { LVMEDIC_BY_BOOT: '1' } });
    expect(calls).toEqual([]);
    expect(message).toContain('/dev/boot is left alone');
  });

  test('a medium as well', () => {
    expect(run({ probed: 'jfs' }).calls).toEqual([]);
    expect(run({ probed: 'vfat' })).toMatchObject({
      calls: [
        '--setro /dev/medium',
        'mount -t vfat -o ro,nosuid,nodev,nodev /dev/medium PLACE',
        'program boot --ask',
        'umount PLACE',
        '--setrw /dev/medium',
      ],
      status: 4,
    });
  });
});

test('a hang-up in the middle leaves neither a mount nor a read-only device', () => {
  const machine = fs.mkdtempSync(path.join(work, 'm'));
  const script = fs
    .readFileSync(path.join(library, 'lvmedic'), 'utf8')
    .replace('/usr/lib/lvmedic/boot.sh', path.join(library, 'boot.sh'))
    .replaceAll('/etc/lvmedic/place', `${machine}/place`);
  fs.writeFileSync(`${machine}/place`, `${UUID} ext4 /lvmedic\n`);
  fs.mkdirSync(`${machine}/bin`);
  const tools: Record<string, string> = {
    blkid: 'echo /dev/boot',
    blockdev: `case $1 in --setro) echo 1 >${machine}/ro ;; --setrw) echo 0 >${machine}/ro ;; *) cat ${machine}/ro ;; esac`,
    mount: `for folder do :; done; printf '#!/bin/sh\\nkill -HUP $PPID; kill -PIPE $PPID; exit 5\\n' >"$folder/lvmedic"; chmod +x "$folder/lvmedic"`,
    umount: 'rm "$1/lvmedic"',
    modprobe: ':',
  };
  for (const [name, body] of Object.entries(tools)) {
    fs.writeFileSync(`${machine}/bin/${name}`, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }
  fs.writeFileSync(`${machine}/ro`, '0\n');
  fs.writeFileSync(`${machine}/mounts`, '');
  fs.writeFileSync(`${machine}/cmdline`, '\n');
  const { status } = spawnSync('sh', ['-c', script], {
    env: {
      PATH: `${machine}/bin:${process.env.PATH}`,
      lvmedic_proc: machine,
      lvmedic_etc: `${machine}/etc`,
      lvmedic_run: `${machine}/run`,
    },
  });
  expect(status).toBe(5);
  expect(fs.readFileSync(`${machine}/ro`, 'utf8')).toBe('0\n');
  expect(fs.readdirSync(`${machine}/run`)).toEqual([]);
});
