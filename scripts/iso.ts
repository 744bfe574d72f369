/**
 * Makes `dist/lvmedic-rescue.iso` of `dist/lvmedic`, `initramfs/iso/` and packages of Debian, and beside it
 * `dist/lvmedic-rescue.packages`: package, version, source package, its version, licence file on the image. Needs root.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { cached } from '../vm-harness/guest/cache.ts';
import { removeFolder, temporaryFolder } from '../vm-harness/lab/host.ts';
import { sourceDateEpoch } from './build/epoch.ts';
import { debianPart } from './iso/debian.ts';
import { writeImage } from './iso/image.ts';

const root = path.resolve(import.meta.dirname, '..');
const dist = path.join(root, 'dist');
const program = path.join(dist, 'lvmedic');
const ours = path.join(root, 'initramfs/iso');

/**
 * The rescue image of `dist/lvmedic` as it is. Same program, same files, same Debian packages, same commit: same bytes.
 *
 * @returns its path in the cache
 * @throws when `dist/lvmedic` or a tool is missing, or this is not root
 */
export async function buildIso(): Promise<{ readonly iso: string; readonly packages: string }> {
  if (!fs.existsSync(program)) throw new Error('dist/lvmedic is missing: `npm run build` makes it.');
  if (process.getuid?.() !== 0)
    throw new Error('making the ISO installs a Debian into a folder: run it as root');
  const debian = await debianPart();
  const epochSeconds = sourceDateEpoch(root);
  const sources = ['iso.ts', 'iso/image.ts'].map((file) => digest(path.join(import.meta.dirname, file)));
  const key = [debian.id, `${epochSeconds}`, digest(program), version(), ...oursKey(), ...sources];
  const { folder } = await cached('iso', key, async (folder) => {
    const work = temporaryFolder('lvmedic-iso-');
    try {
      const parts = { debian: debian.folder, program, version: version(), ours, epochSeconds, work };
      await writeImage(parts, path.join(folder, 'lvmedic-rescue.iso'));
    } finally {
      removeFolder(work);
    }
  });
  return { iso: path.join(folder, 'lvmedic-rescue.iso'), packages: path.join(debian.folder, 'packages') };
}

function version(): string {
  const manifest = fs.readFileSync(path.join(root, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function oursKey(): string[] {
  return fs
    .readdirSync(ours, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => path.join(ours, name))
    .filter((file) => fs.statSync(file).isFile())
    .map((file) => `${path.relative(ours, file)} ${fs.statSync(file).mode} ${digest(file)}`);
}

function digest(file: string): string {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

if (import.meta.main) {
  const startedMs = performance.now();
  const { iso, packages } = await buildIso();
  for (const [from, name] of [
    [iso, 'lvmedic-rescue.iso'] as const,
    [packages, 'lvmedic-rescue.packages'] as const,
  ]) {
    fs.copyFileSync(from, path.join(dist, `.${name}`));
    fs.renameSync(path.join(dist, `.${name}`), path.join(dist, name));
  }
  const megabytes = (fs.statSync(iso).size / 1e6).toFixed(1);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`dist/lvmedic-rescue.iso: ${megabytes} MB, sha256 ${digest(iso)} (${seconds} s)`);
}
