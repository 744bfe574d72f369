import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** What the launcher promises to any program inside it; lvmedic's own commands would hide part of that. */
const probeSource = `
const { spawnSync } = require('node:child_process');
const [verb, ...rest] = process.argv.slice(2);
if (verb === 'exit') process.exitCode = Number(rest[0]);
if (verb === 'wait') { console.log('ready'); setInterval(() => {}, 1000); }
if (verb === 'self') console.log(JSON.stringify({ argv0: process.argv0, rest, title: process.title, versions: process.versions.node }));
if (verb === 'child') process.exitCode = spawnSync(rest[0], rest.slice(1), { stdio: 'inherit' }).status ?? 99;
`;

const isRoot = process.getuid?.() === 0;
const exitOperational = 8;
const maximumBytes = 34_000_000;

let folder: string;
let file: string;
let probe: string;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-one-file-'));
  fs.writeFileSync(path.join(folder, 'probe.cjs'), probeSource);
  file = path.resolve('dist/lvmedic');
  probe = path.join(folder, 'probe');
  build();
  build('--entry', path.join(folder, 'probe.cjs'), '--output', probe);
});

afterAll(() => fs.rmSync(folder, { recursive: true }));

function build(...args: readonly string[]): void {
  const result = run(process.execPath, ['scripts/build.ts', ...args]);
  if (result.status !== 0) throw new Error(`${result.stdout}${result.stderr}`);
}

function run(
  command: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): SpawnSyncReturns<string> {
  return spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env } });
}

/** Runs a shell script in mount and PID namespaces of its own: what it mounts or forbids ends with it. */
function runApart(script: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  return run('unshare', ['--mount', '--pid', '--fork', '--mount-proc', 'sh', '-ec', script, 'sh', ...args]);
}

/** An empty root folder holding the given files under their own paths, with the libraries that `ldd` names. */
function makeRoot(...files: readonly string[]): string {
  const root = fs.mkdtempSync(path.join(folder, 'root-'));
  for (const name of ['proc', 'dev', 'tmp']) fs.mkdirSync(path.join(root, name));
  const libraries = files.flatMap((name) => run('ldd', [name]).stdout.match(/\/\S+/g) ?? []);
  for (const name of new Set([...files, ...libraries])) {
    fs.mkdirSync(path.join(root, path.dirname(name)), { recursive: true });
    fs.copyFileSync(name, path.join(root, name));
  }
  return root;
}

const inChroot = `
  mount -t proc proc "$1/proc"
  mount --bind /dev "$1/dev"
  exec chroot "$@"
`;

describe('the one file', () => {
  test('needs no dynamic linker and no library', () => {
    const headers = run('readelf', ['-lW', file]).stdout;
    expect(headers).toContain('LOAD');
    expect(headers).not.toMatch(/INTERP|DYNAMIC/);
  });

  test('stays small enough for a /boot partition', () => {
    expect(fs.statSync(file).size).toBeLessThanOrEqual(maximumBytes);
  });

  test('is the program of this source tree', () => {
    const manifest = JSON.parse(fs.readFileSync('package.json', 'utf8')) as { version: string };
    const result = run(file, ['--version']);
    expect(result.stdout).toContain(manifest.version);
    expect(result.status).toBe(0);
  });

  test('still runs after the strip that dracut applies to what it installs', () => {
    const stripped = path.join(folder, 'stripped');
    run('strip', ['-g', '-o', stripped, probe]);
    expect(run(stripped, ['exit', '5'])).toMatchObject({ status: 5, stderr: '' });
  });

  test('shows no path of the machine that built it', () => {
    const content = fs.readFileSync(probe);
    expect(content.includes(folder)).toBe(false);
    expect(content.includes(process.cwd())).toBe(false);
  });
});

describe('the program inside', () => {
  test.each([0, 1, 7, 64, 255])('passes exit code %i on', (code) => {
    expect(run(probe, ['exit', String(code)])).toMatchObject({ status: code, stdout: '', stderr: '' });
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('dies of %s as any program does', async (signal) => {
    const child = spawn(probe, ['wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const end = new Promise((resolve) => child.once('close', (code, by) => resolve({ code, by })));
    child.kill(signal);
    expect(await end).toEqual({ code: null, by: signal });
  });

  test('gets its arguments unchanged and learns where its file lies', () => {
    const args = ['', 'two words', '--version', '--argv0', 'ünï'];
    expect(JSON.parse(run(probe, ['self', ...args]).stdout)).toMatchObject({
      argv0: probe,
      rest: args,
      title: 'lvmedic',
    });
  });

  test("is steered neither by another Node's options nor by preloaded libraries", () => {
    const foreign = { NODE_OPTIONS: '--no-such-option', LD_PRELOAD: '/no/such.so', LD_DEBUG: 'libs' };
    expect(run(probe, ['exit', '3'], foreign)).toMatchObject({ status: 3, stdout: '', stderr: '' });
  });

  test('gives its children the environment that it was given, and no open files', () => {
    const environment = run(probe, ['child', 'env'], { LVM_SYSTEM_DIR: '/x', LD_LIBRARY_PATH: '/y' }).stdout;
    expect(environment).toContain('LVM_SYSTEM_DIR=/x\n');
    expect(environment).not.toMatch(/^(LD_|NODE_|GLIBC_)/m);
    const withoutUs = run('ls', ['/proc/self/fd']).stdout;
    expect(run(probe, ['child', 'ls', '/proc/self/fd']).stdout).toBe(withoutUs);
  });

  test('starts with its standard streams closed', () => {
    expect(run('sh', ['-c', 'exec "$0" exit 6 <&- >&- 2>&-', probe]).status).toBe(6);
  });

  test('does not wait for the children of the shell that it replaces', () => {
    const startedMs = performance.now();
    expect(run('sh', ['-c', 'sleep 20 >/dev/null 2>&1 & exec "$0" exit 4', probe]).status).toBe(4);
    expect(performance.now() - startedMs).toBeLessThan(15_000);
  });
});

describe.runIf(isRoot)('on a machine that has little', () => {
  test('runs in a root file system that holds nothing but it', () => {
    const root = makeRoot(file);
    const result = runApart(inChroot, root, file, '--version');
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(result.stdout).toMatch(/\d+\.\d+\.\d+/);
  });

  test("runs the system's own lvm there, with the system's own libraries", () => {
    const lvm = run('sh', ['-c', 'command -v lvm']).stdout.trim();
    const result = runApart(inChroot, makeRoot(probe, lvm), probe, 'child', lvm, 'version');
    expect(result.stdout).toMatch(/LVM version: +2\./);
    expect(result.status).toBe(0);
  });

  test('says what is missing when /proc is not mounted', () => {
    const result = run('chroot', [makeRoot(file), file, '--version']);
    expect(result.status).toBe(exitOperational);
    expect(result.stderr).toContain('mount -t proc proc /proc');
  });

  test('says so when memory is too little, before it takes any', () => {
    const meminfo = path.join(folder, 'meminfo');
    fs.writeFileSync(meminfo, 'MemTotal: 256000 kB\nMemAvailable: 120000 kB\nSwapFree: 0 kB\n');
    const result = runApart('mount --bind "$1" /proc/meminfo; exec "$2" exit 0', meminfo, probe);
    expect(result.status).toBe(exitOperational);
    expect(result.stderr).toMatch(/\d+ MiB of memory are needed to start, and only 117 MiB are free/);
  });

  test('says so when its file is damaged', () => {
    const damaged = path.join(folder, 'damaged');
    const content = fs.readFileSync(probe);
    content.fill(0xff, content.length / 2, content.length / 2 + 64);
    fs.writeFileSync(damaged, content, { mode: 0o755 });
    const result = run(damaged, ['exit', '0']);
    expect(result.status).toBe(exitOperational);
    expect(result.stderr).toContain('damaged');
  });

  test.runIf(fs.existsSync('/proc/sys/vm/memfd_noexec'))(
    'starts from a file without a name where the kernel refuses programs in memory',
    () => {
      const refused =
        'echo 2 > /proc/sys/vm/memfd_noexec; mount -t tmpfs -o noexec none /run; mount -t tmpfs none /tmp';
      const away = path.join('/var/tmp', path.basename(folder));
      fs.copyFileSync(probe, away);
      try {
        const result = runApart(`${refused}; "$1" exit 9 || echo $?; find /run /tmp -name '.lvmedic*'`, away);
        expect(result).toMatchObject({ status: 0, stdout: '9\n', stderr: '' });
      } finally {
        fs.rmSync(away);
      }
    },
  );

  test.runIf(fs.existsSync('/proc/sys/vm/memfd_noexec'))(
    'says so when no place is left to start from',
    () => {
      const refused = `
      echo 2 > /proc/sys/vm/memfd_noexec
      mount --bind "$1" "$1"
      mount -t proc proc "$1/proc"
      mount -o remount,bind,ro "$1"
      exec chroot "$@"
    `;
      const result = runApart(refused, makeRoot(file), file, '--version');
      expect(result.status).toBe(exitOperational);
      expect(result.stderr).toContain('found no place to start from');
    },
  );
});
