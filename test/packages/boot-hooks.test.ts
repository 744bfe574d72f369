import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const library = path.resolve(import.meta.dirname, '../../initramfs/common');
const shells = [['dash'], ['bash', '--posix'], ['busybox', 'ash']].filter(
  ([name, ...options]) => spawnSync(name ?? '', [...options, '-c', ':']).status === 0,
);

// Each test starts dozens of processes, and guests may run beside them.
vi.setConfig({ testTimeout: 60_000 });

let work: string;
beforeAll(() => {
  work = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-hooks-'));
});
afterAll(() => fs.rmSync(work, { recursive: true }));

test('dash is there: what follows proves something', () => {
  expect(shells.map(([name]) => name)).toContain('dash');
});

describe.each(shells)('%s', (...shell) => {
  /** Runs `script` after boot.sh in a made-up machine of its own, and returns what it prints. */
  function run(script: string, cmdline = ''): string {
    const machine = fs.mkdtempSync(path.join(work, 'm'));
    fs.mkdirSync(path.join(machine, 'proc'));
    fs.mkdirSync(path.join(machine, 'sys/class/block'), { recursive: true });
    fs.writeFileSync(path.join(machine, 'proc/cmdline'), `${cmdline}\n`);
    const [name = '', ...options] = shell;
    const result = spawnSync(name, [...options, '-u', '-c', `. "$library/boot.sh"\n${script}`], {
      encoding: 'utf8',
      // bash takes a socket for a remote login, and reads its start-up files.
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: machine,
      env: {
        PATH: process.env.PATH,
        library,
        lvmedic_proc: `${machine}/proc`,
        lvmedic_sys: `${machine}/sys`,
        lvmedic_run: `${machine}/run`,
        lvmedic_etc: `${machine}/etc`,
        lvmedic_dracut_run: `${machine}/dracut`,
        lvmedic_prompts: `${machine}/prompts`,
        lvmedic_program: `${machine}/program`,
        lvmedic_console: `${machine}/console`,
      },
    });
    expect(result.stderr).toBe('');
    return result.stdout.trim();
  }

  test('the kernel command line: one rule, the last word wins, everything else is left alone', () => {
    const table: [string, string][] = [
      ['', 'ask///'],
      ['quiet root=/dev/mapper/vg-root ro', 'ask///'],
      ['rd.lvmedic', 'ask///'],
      ['rd.lvmedic=ask', 'ask///'],
      ['rd.lvmedic=auto quiet', 'auto///'],
      ['rd.lvmedic=off', 'off///'],
      ['rd.lvmedic=0', 'off///'],
      ['rd.lvmedic=sometimes', 'ask///'],
      ['rd.lvmedic=auto rd.lvmedic=off', 'off///'],
      ['rd.lvmedic=off rd.lvmedic=auto', 'auto///'],
      ['xrd.lvmedic=auto rd.lvmedicx=auto', 'ask///'],
      ['rd.lvmedic.policy=safe rd.lvmedic.timeout=5', 'ask///'],
      ['rd.lvmedic.media=1', 'ask/1//'],
      ['rd.lvmedic.media=1 rd.lvmedic.media=0', 'ask///'],
      ['rd.shell=0', 'ask//1/'],
      ['rd.shell=0 rd.shell=1 * ?', 'ask///'],
      ['rd.break=pre-mount', 'ask///1'],
      ['break', 'ask///1'],
      ['panic=0', 'ask///'],
    ];
    const script = table
      .map(
        ([cmdline]) => `echo '${cmdline}' >"$lvmedic_proc/cmdline"; lvmedic_read_cmdline
        echo "$lvmedic_mode/$lvmedic_media/$lvmedic_no_shell/$lvmedic_break"`,
      )
      .join('\n');
    expect(run(script).split('\n')).toEqual(table.map(([, expected]) => expected));
  });

  test('parsing leaves the options and arguments of the calling shell as they were', () => {
    expect(run('set -- a "b c"; lvmedic_read_cmdline; echo $#; echo *', 'rd.lvmedic=auto x=*')).toBe(
      '2\nproc sys',
    );
    expect(run('set -f; lvmedic_read_cmdline; echo *', 'x=*')).toBe('*');
  });

  test('a command line without a line end is read as well', () => {
    expect(
      run('printf rd.lvmedic=auto >"$lvmedic_proc/cmdline"; lvmedic_read_cmdline; echo "$lvmedic_mode"'),
    ).toBe('auto');
  });

  test("dracut's other command lines are read too, in its order, and without a process", () => {
    expect(
      run(
        `mkdir -p etc/cmdline.d/folder.conf dracut/cmdline.d
        echo rd.lvmedic=auto >etc/cmdline.d/10-b.conf; echo rd.lvmedic=off >etc/cmdline.d/20-no
        printf 'quiet\nrd.lvmedic.media' >etc/cmdline; PATH=
        lvmedic_read_cmdline; echo "$lvmedic_mode/$lvmedic_media/$lvmedic_policy"
        echo 'rd.lvmedic.policy=safe rd.lvmedic.policy=lossy' >"$lvmedic_proc/cmdline"
        lvmedic_read_cmdline; echo "$lvmedic_mode/$lvmedic_media/$lvmedic_policy"
        echo rd.lvmedic=ask rd.lvmedic.media=0 >"$lvmedic_proc/cmdline"
        lvmedic_read_cmdline; echo "$lvmedic_mode/$lvmedic_media"
        echo rd.lvmedic=off >dracut/cmdline.d/a.conf; set -f
        lvmedic_read_cmdline; echo "$lvmedic_mode" *`,
      ).split('\n'),
    ).toEqual(['auto/1/', 'auto/1/lossy', 'ask/', 'off *']);
  });

  /** What `lvmedic_is_due` says at each time; `disks` appear with it. */
  function due(
    times: readonly { atSeconds: number; disks?: readonly string[]; tried?: boolean }[],
    limit = '',
  ) {
    const steps = times.map(({ atSeconds, disks = [], tried = false }) =>
      [
        ...disks.map((disk) => `mkdir "$lvmedic_sys/class/block/${disk}"`),
        `echo "${atSeconds}.42 9.1" >"$lvmedic_proc/uptime"`,
        `lvmedic_is_due ${limit} && echo due || echo no`,
        ...(tried ? ['echo "$lvmedic_disks" >"$lvmedic_run/tried"'] : []),
      ].join('\n'),
    );
    return run(steps.join('\n')).split('\n');
  }

  test('the unattended repair waits until no disk has appeared for 10 s', () => {
    expect(
      due([
        { atSeconds: 3, disks: ['sda'] },
        { atSeconds: 12 },
        { atSeconds: 12, disks: ['sdb', 'sdb1'] },
        { atSeconds: 21 },
        { atSeconds: 22 },
      ]),
    ).toEqual(['no', 'no', 'no', 'no', 'due']);
  });

  test('it is due once, and again when disks appeared since', () => {
    expect(
      due([
        { atSeconds: 0, disks: ['sda'] },
        { atSeconds: 10, tried: true },
        { atSeconds: 30 },
        { atSeconds: 31, disks: ['sdb'] },
        { atSeconds: 41 },
      ]),
    ).toEqual(['no', 'due', 'no', 'no', 'due']);
  });

  test('where the wait ends soon, disks that go on appearing do not put it off for ever', () => {
    expect(
      due(
        [
          { atSeconds: 0, disks: ['sda'] },
          { atSeconds: 9, disks: ['sdb'] },
          { atSeconds: 18, disks: ['sdc'] },
          { atSeconds: 25, disks: ['sdd'] },
        ],
        '25',
      ),
    ).toEqual(['no', 'no', 'no', 'due']);
  });

  /** A program that tells how it was run; in the last run it lets the boot go on. */
  const program = (runs: number) =>
    `printf '%s\\n' '#!/bin/sh' 'echo "$@" >>runs' '[ "$(wc -l <runs)" -lt ${runs} ] || echo >"$lvmedic_run/boot-goes-on"' >program
    chmod +x program; lvmedic_read_cmdline\n`;

  test.each([
    ['', ['boot --auto']],
    ['rd.lvmedic.policy=report', ['boot --auto']],
    ['rd.lvmedic.policy=safe', ['boot --auto']],
    ['rd.lvmedic.policy=degraded', ['boot --auto --policy=safe', 'boot --auto']],
    ['rd.lvmedic.policy=lossy', ['boot --auto --policy=safe', 'boot --auto']],
  ])('what is allowed for disks that are gone waits until none can be merely late: %s', (policy, runs) => {
    const script = `${program(9)}mkdir "$lvmedic_sys/class/block/sda"
      for now in 0 5 10 11 15 20 25 26 30; do
        echo "$now.42 9.1" >"$lvmedic_proc/uptime"
        ! lvmedic_is_due 25 || lvmedic_auto "$lvmedic_how" || echo "$now"
      done
      cat runs`;
    expect(run(script, `rd.lvmedic=auto ${policy}`).split('\n')).toEqual([
      ...(runs.length === 1 ? ['10'] : ['10', '25']),
      ...runs,
    ]);
  });

  test('a careful run that brought the boot on leaves to the last moment what is not whole', () => {
    const script = `${program(1)}mkdir -p bin "$lvmedic_sys/class/block/sda"
      printf '#!/bin/sh\necho 1\n' >bin/lvm; chmod +x bin/lvm; PATH=$PWD/bin:$PATH
      lvmedic_list_disks
      lvmedic_auto careful && echo 'goes on'
      lvmedic_is_untried || echo tried
      lvmedic_before_leaving
      cat runs`;
    expect(run(script, 'rd.lvmedic=auto rd.lvmedic.policy=degraded').split('\n')).toEqual([
      ...['goes on', 'tried', 'boot --auto --policy=safe', 'boot --auto'],
    ]);
    expect(run(script, 'rd.lvmedic=auto').split('\n')).toEqual(['goes on', 'tried', 'boot --auto']);
  });

  test('while a passphrase is asked for, only the emergency goes ahead, and carefully', () => {
    const hook = path.resolve(library, '../dracut/50lvmedic/lvmedic-timeout.sh');
    const script = `${program(9)}mkdir prompts; echo >prompts/ask.x1
      timeout=$(sed 's#^[.] .*##' "${hook}")
      eval "$timeout"; lvmedic_emergency; cat runs; echo --
      rm prompts/ask.x1
      eval "$timeout"; lvmedic_emergency; cat runs`;
    expect(run(script, 'rd.lvmedic=auto rd.lvmedic.policy=degraded').split('\n')).toEqual([
      ...['boot --auto --policy=safe', '--', 'boot --auto --policy=safe', 'boot --auto'],
    ]);
  });

  test('a file that cannot be written does not end the shell that runs the boot', () => {
    const script = `lvmedic_ask() { :; }
      mkdir "$lvmedic_run"; ln -s nowhere/file "$lvmedic_run/handed-back-1"
      lvmedic_emergency 2>/dev/null; echo "goes on: $?"`;
    expect(run(script)).toBe('goes on: 0');
  });

  test('a logical volume is no new disk, an opened LUKS volume is one', () => {
    expect(
      run(`cd "$lvmedic_sys/class/block"
        mkdir -p sda loop0 zram0 dm-0/dm dm-1/dm dm-2
        echo LVM-abc >dm-0/dm/uuid
        echo CRYPT-LUKS2-abc >dm-1/dm/uuid
        lvmedic_list_disks
        echo "$lvmedic_disks"`),
    ).toBe(': dm-1 dm-2 sda');
  });

  test('after a run that brought the boot on there is no other', () => {
    expect(
      run(`mkdir "$lvmedic_run"; lvmedic_list_disks; lvmedic_is_untried && echo untried
        echo 'boot went on' >"$lvmedic_run/tried"; lvmedic_is_untried || echo tried`),
    ).toBe('untried\ntried');
  });

  test('lvmedic.conf is read, not run', () => {
    const table: [string, string][] = [
      ['', 'auto /boot/lvmedic/lvmedic'],
      ['MODE=embed', 'embed /boot/lvmedic/lvmedic'],
      ['# MODE=hook\nMODE="append"', 'append /boot/lvmedic/lvmedic'],
      ["MODE='hook'\nFILE=/srv/lvmedic", 'hook /srv/lvmedic'],
      ['FILE=/boot/', 'lvmedic: conf: not understood: FILE=/boot/'],
      ['MODE=$(touch owned)', 'lvmedic: conf: MODE=$(touch owned) is none of auto, hook, embed, append'],
      ['touch owned', 'lvmedic: conf: not understood: touch owned'],
    ];
    const script = table
      .map(
        ([conf]) => `cat >conf <<'END'\n${conf}\nEND
        lvmedic_read_conf 2>&1 && echo "$lvmedic_conf_mode $lvmedic_conf_file"; [ ! -e owned ] || echo owned`,
      )
      .join('\n');
    expect(run(`. "$library/mode.sh"; LVMEDIC_CONF=conf\n${script}`).split('\n')).toEqual(
      table.map(([, expected]) => expected),
    );
  });
});

test('no file of the hooks is written by a special builtin: its failure would end the shell', () => {
  const initramfs = path.resolve(library, '..');
  const sourced = ['common/boot.sh', 'initramfs-tools', 'dracut/50lvmedic', 'append/order'].flatMap(
    (name) => {
      const file = path.join(initramfs, name);
      return fs.statSync(file).isDirectory()
        ? fs.readdirSync(file).map((each) => path.join(file, each))
        : [file];
    },
  );
  expect(sourced.length).toBeGreaterThan(9);
  const special = /^\s*(:|\.|set|unset|export|trap|eval|exec|shift)(\s[^#\n]*)?\s\d?[<>]/m;
  expect(sourced.filter((file) => special.test(fs.readFileSync(file, 'utf8')))).toEqual([]);
});

test('lvmedic.cpio has no folder where an initramfs may have a link, and is aligned', () => {
  const file = path.join(work, 'program');
  fs.writeFileSync(file, 'the program');
  const make = path.resolve(library, '../append/make-cpio');
  const archive = spawnSync(make, [file]).stdout;
  expect(archive.length % 512).toBe(0);
  const folders: string[] = [];
  const files: string[] = [];
  for (let at = 0; ; ) {
    const field = (index: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const name = archive.toString('utf8', at + 110, at + 110 + field(11) - 1);
    if (name === 'TRAILER!!!') break;
    (field(1) >> 12 === 4 ? folders : files).push(name);
    at += ((110 + field(11) + 3) & ~3) + ((field(6) + 3) & ~3);
  }
  expect(files).toContain('usr/bin/lvmedic');
  expect(files).toContain('lib/dracut/hooks/emergency/50-lvmedic-emergency.sh');
  expect(files).toContain('scripts/panic/lvmedic');
  expect(folders.filter((name) => !/^(usr|conf|scripts)\b/.test(name) || name.includes('dracut'))).toEqual(
    [],
  );
});
