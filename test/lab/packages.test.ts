import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildDeb } from '../../scripts/packages/deb.ts';
import {
  ARCHITECTURES,
  type Architecture,
  type PackageOrder,
  usualOrder,
} from '../../scripts/packages/order.ts';
import { buildRpm } from '../../scripts/packages/rpm.ts';
import {
  labUnavailable,
  removeFolder,
  removeTemporaryFolders,
  run,
  temporaryFolder,
} from '../../vm-harness/lab/host.ts';
import { EmptyRoot, makeRepository } from '../../vm-harness/packages/empty-root.ts';

const root = path.resolve(import.meta.dirname, '../..');
const architectures = Object.keys(ARCHITECTURES) as Architecture[];

let folder: string;
let orders: Record<Architecture, PackageOrder>;
const packages: Record<string, string> = {};

beforeAll(() => {
  folder = temporaryFolder('lvmedic-packages-');
  // A copy: what is built meanwhile must not change what is compared.
  const usual = usualOrder('amd64');
  const amd64 = { ...usual, output: folder, program: path.join(folder, 'lvmedic') };
  fs.copyFileSync(usual.program, amd64.program);
  orders = { amd64, arm64: { ...amd64, architecture: 'arm64', program: arm64Program(amd64.program) } };
  for (const architecture of architectures) {
    packages[`deb ${architecture}`] = buildDeb(orders[architecture]);
    packages[`rpm ${architecture}`] = buildRpm(orders[architecture]);
  }
});
afterAll(removeTemporaryFolders);

/** The one that was built; else a stand-in, the same file for another processor by its header. */
function arm64Program(amd64: string): string {
  const built = path.join(root, ARCHITECTURES.arm64.program);
  if (fs.existsSync(built)) return built;
  const content = fs.readFileSync(amd64);
  content.writeUInt16LE(183, 18);
  const file = path.join(folder, 'lvmedic-arm64');
  fs.writeFileSync(file, content, { mode: 0o755 });
  return file;
}

/** Unpacked, once. */
function contentOf(name: string): string {
  const tree = path.join(folder, `${name}.tree`);
  if (!fs.existsSync(tree)) {
    fs.mkdirSync(tree);
    const file = packages[name] ?? '';
    if (name.startsWith('deb')) run('dpkg-deb', ['--extract', file, tree]);
    else run('sh', ['-ec', 'rpm2cpio "$1" | (cd "$2" && cpio -idm --quiet)', 'sh', file, tree]);
  }
  return tree;
}

function filesOf(name: string): string[] {
  const tree = contentOf(name);
  return fs
    .readdirSync(tree, { recursive: true, encoding: 'utf8' })
    .filter((file) => !fs.lstatSync(path.join(tree, file)).isDirectory())
    .sort();
}

const sha256 = (file: string): string => createHash('sha256').update(fs.readFileSync(file)).digest('hex');

function saidBy(command: string, args: readonly string[]): { status: number | null; said: string } {
  const ran = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
  if (ran.error) throw ran.error;
  return { status: ran.status, said: `${ran.stdout}${ran.stderr}` };
}

test.each([
  ['deb', buildDeb],
  ['rpm', buildRpm],
] as const)('the same order twice gives the same .%s, elsewhere and later', (format, build) => {
  const again = { ...orders.amd64, output: path.join(folder, 'a place with another name') };
  fs.mkdirSync(again.output, { recursive: true });
  const before = process.umask(0o077);
  try {
    expect(sha256(build(again))).toBe(sha256(packages[`${format} amd64`] ?? ''));
  } finally {
    process.umask(before);
  }
});

describe.each(architectures)('for %s', (architecture) => {
  test('lintian has nothing to say of the .deb, down to what is merely pedantic', () => {
    const args = ['--allow-root', '--profile', 'debian', '--display-info', '--pedantic'];
    expect(saidBy('lintian', [...args, packages[`deb ${architecture}`] ?? ''])).toEqual({
      status: 0,
      said: '',
    });
  });

  test('rpmlint finds neither errors nor warnings in the .rpm', () => {
    const config = path.join(root, 'initramfs/rpm/rpmlint.toml');
    const { status, said } = saidBy('rpmlint', ['-c', config, packages[`rpm ${architecture}`] ?? '']);
    expect(said).toMatch(/1 packages and 0 specfiles checked; 0 errors, 0 warnings/);
    expect(status).toBe(0);
  });

  test.each(['deb', 'rpm'])('the program in the .%s is, byte for byte, the one that was built', (format) => {
    const packed = path.join(contentOf(`${format} ${architecture}`), 'usr/bin/lvmedic');
    expect(sha256(packed)).toBe(sha256(orders[architecture].program));
    expect(fs.statSync(packed).mode & 0o777).toBe(0o755);
  });

  test('both name their processor', () => {
    const field = run('dpkg-deb', ['--field', packages[`deb ${architecture}`] ?? '', 'Architecture']);
    expect(field.trim()).toBe(architecture);
    const query = [
      '--query',
      '--queryformat',
      '%{ARCH} %{OS}',
      '--package',
      packages[`rpm ${architecture}`] ?? '',
    ];
    expect(run('rpm', query)).toBe(`${ARCHITECTURES[architecture].rpm} linux`);
  });
});

test('both hold the same, but for what is of one kind of distribution only', () => {
  const [deb, rpm] = [filesOf('deb amd64'), filesOf('rpm amd64')];
  expect(deb.filter((file) => !rpm.includes(file))).toEqual([
    'usr/lib/lvmedic/order',
    'usr/lib/lvmedic/shell-rc',
    'usr/share/doc/lvmedic/changelog.Debian.gz',
    'usr/share/doc/lvmedic/copyright',
    'usr/share/initramfs-tools/hooks/lvmedic',
    'usr/share/initramfs-tools/scripts/local-block/lvmedic',
    'usr/share/initramfs-tools/scripts/local-bottom/lvmedic',
    'usr/share/initramfs-tools/scripts/panic/lvmedic',
    'usr/share/lintian/overrides/lvmedic',
    'usr/share/zsh/vendor-completions/_lvmedic',
  ]);
  expect(rpm.filter((file) => !deb.includes(file))).toEqual([
    'usr/share/licenses/lvmedic/LICENSE',
    'usr/share/zsh/site-functions/_lvmedic',
  ]);
  const differing = deb
    .filter((file) => rpm.includes(file))
    .map(
      (file) => [path.join(contentOf('deb amd64'), file), path.join(contentOf('rpm amd64'), file)] as const,
    )
    .filter(([one]) => !fs.lstatSync(one).isSymbolicLink())
    .filter(([one, other]) => sha256(one) !== sha256(other));
  expect(differing).toEqual([]);
});

const unavailable = labUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: the .rpm in an empty root, for it ${unavailable}.`);

describe.skipIf(unavailable !== null)('an image is made where there is neither dracut nor GRUB', () => {
  let repository: string;
  beforeAll(() => {
    repository = makeRepository(packages['rpm amd64'] ?? '');
  });

  test.each(['dnf', 'rpm'] as const)(
    '%s installs the .rpm into an empty root, and removes all of it',
    (tool) => {
      const root = new EmptyRoot(tool, repository);
      expect(fs.readdirSync(root.folder)).toEqual([]);
      // dnf tells of a script that failed, and succeeds.
      expect(root.install()).not.toMatch(complaint);
      expect(root.rpm('--verify', 'lvmedic', 'lvm2', 'base-system')).toBe('');
      // This folder is GRUB's, and distributions give it different modes.
      expect(root.strays()).toEqual(['etc/grub.d']);
      expect(root.run('lvmedic', '--version')).toBe(`lvmedic ${orders.amd64.version}\n`);

      expect(root.remove()).not.toMatch(complaint);
      expect(root.paths()).toEqual([]);
      removeFolder(root.folder);
    },
  );
});

/** Of rpm, dnf, or a program that a script of the package calls. */
const complaint = /scriptlet failed|^\s*(error|warning)\b|: (Warning|No such file|cannot|line \d+):/im;

test('the archive for boot loaders can be made where initramfs-tools is unknown', () => {
  const tree = contentOf('rpm amd64');
  const make = path.join(tree, 'usr/lib/lvmedic/make-cpio');
  const program = path.join(folder, 'small');
  fs.writeFileSync(program, 'the program');
  const listed = run('sh', ['-ec', '"$1" "$2" | cpio -t --quiet', 'sh', make, program]).split('\n');
  expect(listed).toContain('usr/bin/lvmedic');
  expect(listed).toContain('lib/dracut/hooks/emergency/50-lvmedic-emergency.sh');
  expect(listed.filter((name) => name.startsWith('scripts'))).toEqual([]);
});

describe('manual pages', () => {
  const pages = () => filesOf('deb amd64').filter((file) => file.startsWith('usr/share/man/'));

  test('there is one for every program and every command', () => {
    const programs = filesOf('deb amd64').flatMap((file) => /^usr\/s?bin\/(.*)/.exec(file)?.[1] ?? []);
    expect(programs).toEqual(['lvmedic', 'lvmedic-setup']);
    const named = pages().map((file) => path.basename(file, '.gz'));
    for (const name of [...programs, 'lvmedic-diagnose', 'lvmedic-repair', 'lvmedic-undo', 'lvmedic-boot']) {
      expect(named).toContain(`${name}.8`);
    }
    expect(named).toContain('lvmedic.conf.5');
  });

  test('groff and mandoc find nothing wrong with them, and they fit 80 columns', () => {
    for (const file of pages()) {
      const page = path.join(folder, path.basename(file, '.gz'));
      const unpacked = spawnSync('gzip', ['-dc', path.join(contentOf('deb amd64'), file)]);
      fs.writeFileSync(page, unpacked.stdout);
      const shown = saidBy('sh', ['-c', 'MANWIDTH=80 man --warnings -l "$1"', 'sh', page]);
      // Groff's complaints begin with the name of the page or its own; its pages end with theirs.
      expect(shown.said).not.toMatch(/^(troff|groff|man|grotty|\S+:\d+):? /m);
      expect(shown.said).toMatch(/^NAME$/m);
      expect(shown.said.split('\n').filter((line) => line.length > 80)).toEqual([]);
      expect(saidBy('mandoc', ['-T', 'lint', '-W', 'style', page])).toEqual({ status: 0, said: '' });
    }
  });
});
