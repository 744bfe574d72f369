/**
 * Makes packages of `dist/lvmedic` and of what brings it into a boot (`initramfs/`).
 *
 * `node scripts/packages.ts deb` writes dist/lvmedic_VERSION_amd64.deb; `… cpio` writes dist/lvmedic.cpio.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import type { Product } from '../vm-harness/guest/with-guest.ts';
import { shippedFiles } from './packages/files.ts';

const root = path.resolve(import.meta.dirname, '..');
const dist = path.join(root, 'dist');
const program = path.join(dist, 'lvmedic');

/**
 * Builds the Debian package of `dist/lvmedic` as it is and returns its path. Same program and same commit, same bytes.
 *
 * @throws when `dist/lvmedic` or a tool is missing
 */
function buildDeb(): string {
  if (!fs.existsSync(program)) throw new Error('dist/lvmedic is missing: `npm run build` makes it.');
  const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const version = `${manifest.version}-1`;
  const epochSeconds = lastCommitSeconds();
  const output = path.join(dist, `lvmedic_${version}_amd64.deb`);
  process.umask(0o022);
  const tree = fs.mkdtempSync(path.join(dist, '.deb-'));
  fs.chmodSync(tree, 0o755);
  try {
    for (const { source, target, isProgram } of shippedFiles) {
      put(tree, target, fs.readFileSync(path.join(root, source)), isProgram ? 0o755 : 0o644);
    }
    const doc = 'usr/share/doc/lvmedic';
    put(tree, `${doc}/changelog.gz`, gzip(fs.readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8')));
    put(tree, `${doc}/changelog.Debian.gz`, gzip(debianChangelog(version, epochSeconds)));
    // Enabled by the package itself, so that it is in an image too, where no systemd runs that could enable it.
    const wants = path.join(tree, 'usr/lib/systemd/system/multi-user.target.wants');
    fs.mkdirSync(wants, { recursive: true });
    fs.symlinkSync('../lvmedic-report.service', path.join(wants, 'lvmedic-report.service'));
    putControl(tree, version);
    run('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', tree, output], {
      SOURCE_DATE_EPOCH: `${epochSeconds}`,
    });
  } finally {
    fs.rmSync(tree, { recursive: true });
  }
  return output;
}

/** Writes the archive for a boot loader's second initramfs, `dist/lvmedic.cpio`, and returns its path. */
function buildCpio(): string {
  const output = path.join(dist, 'lvmedic.cpio');
  fs.writeFileSync(output, run(path.join(root, 'initramfs/append/make-cpio'), [program]));
  return output;
}

/**
 * The program and its packages, each of which is made when it is first asked for.
 *
 * @throws when `dist/lvmedic` is missing
 */
export function builtProduct(): Product {
  if (!fs.existsSync(program)) throw new Error('dist/lvmedic is missing: `npm run build` makes it.');
  return { program, deb: once(buildDeb), cpio: once(buildCpio) };
}

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function putControl(tree: string, version: string): void {
  const files = shippedTargets(tree);
  const installedBytes = files.reduce((sum, file) => sum + fs.lstatSync(path.join(tree, file)).size, 0);
  const control = fs
    .readFileSync(path.join(root, 'initramfs/debian/control'), 'utf8')
    .replace('@VERSION@', version)
    .replace('@INSTALLED_KIB@', `${Math.ceil(installedBytes / 1024)}`);
  const digests = files
    .filter((file) => fs.lstatSync(path.join(tree, file)).isFile() && !file.startsWith('etc/'))
    .map(
      (file) =>
        `${run('md5sum', [path.join(tree, file)])
          .toString()
          .slice(0, 32)}  ${file}\n`,
    );
  put(tree, 'DEBIAN/control', control, 0o644);
  put(tree, 'DEBIAN/md5sums', digests.join(''), 0o644);
  for (const [name, mode] of Object.entries({
    conffiles: 0o644,
    triggers: 0o644,
    postinst: 0o755,
    prerm: 0o755,
    postrm: 0o755,
  })) {
    put(tree, `DEBIAN/${name}`, fs.readFileSync(path.join(root, 'initramfs/debian', name)), mode);
  }
}

function shippedTargets(tree: string): string[] {
  return fs
    .readdirSync(tree, { recursive: true, encoding: 'utf8' })
    .filter((file) => !fs.lstatSync(path.join(tree, file)).isDirectory())
    .sort();
}

function put(tree: string, target: string, content: string | Uint8Array, mode = 0o644): void {
  const file = path.join(tree, target);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  fs.chmodSync(file, mode);
}

function gzip(text: string): Buffer {
  return zlib.gzipSync(text, { level: 9 });
}

function debianChangelog(version: string, epochSeconds: number): string {
  const date = new Date(epochSeconds * 1000).toUTCString().replace('GMT', '+0000');
  return `lvmedic (${version}) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- ${maintainer()}  ${date}\n`;
}

function maintainer(): string {
  const control = fs.readFileSync(path.join(root, 'initramfs/debian/control'), 'utf8');
  return /^Maintainer: (.+)$/m.exec(control)?.[1] ?? '';
}

/** A source without its history has no commit: then always the same time. */
function lastCommitSeconds(): number {
  const result = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  return result.status === 0 ? Number(result.stdout) : 1_700_000_000;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Buffer {
  const result = spawnSync(command, args, {
    env: { ...process.env, LC_ALL: 'C', ...env },
    maxBuffer: 2 ** 30,
  });
  if (result.error) throw new Error(`${command} did not start: ${result.error.message}`);
  if (result.status !== 0) throw new Error(`${command} failed:\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

if (import.meta.main) {
  const makers: Record<string, () => string> = { deb: buildDeb, cpio: buildCpio };
  const make = makers[process.argv[2] ?? ''];
  if (!make) throw new Error(`Usage: node scripts/packages.ts ${Object.keys(makers).join(' | ')}`);
  console.log(path.relative(root, make()));
}
