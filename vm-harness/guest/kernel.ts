import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { run } from '../lab/host.ts';
import { cacheFolder } from './cache.ts';
import { outputOf } from './output-of.ts';

export interface GuestKernel {
  readonly image: string;
  /** Files in the order in which they can be loaded; what the kernel has built in is not among them. */
  readonly modules: readonly string[];
}

const METAPACKAGE = 'linux-image-cloud-amd64';
/** Disks, what lvm maps with, what a rehearsal needs, what lies on the payload's LVs. */
const WANTED_MODULES = ['virtio_pci', 'virtio_blk', 'dm-mod', 'dm-snapshot', 'loop', 'ext4'];
/** Part of the cache's key: raise it when what is kept of a package changes. */
const LAYOUT = 1;

/**
 * Debian's kernel for virtual machines, and the modules that a guest needs; taken out of its package without
 * installing it, and kept under the package's checksum.
 *
 * @throws when apt has no such package, or cannot download it
 */
export function guestKernel(): GuestKernel {
  const cache = cacheFolder();
  const wanted = concretePackage();
  let kept = wanted === null ? null : folderOf(cache, wanted);
  if (kept === null || !existsSync(kept)) {
    // Lists older than the archive name what cannot be downloaded any more. If this fails, those at hand must do.
    outputOf('apt-get', ['update']);
    const current = concretePackage() ?? noPackage();
    kept = folderOf(cache, current);
    if (!existsSync(kept)) build(current.name, cache, kept);
  }
  return keptKernel(kept);
}

/** What {@link keepKernel} kept there. */
export function keptKernel(folder: string): GuestKernel {
  const modules = readFileSync(join(folder, 'modules'), 'utf8').split('\n').filter(Boolean);
  return { image: join(folder, 'vmlinuz'), modules: modules.map((file) => join(folder, file)) };
}

function folderOf(cache: string, { name, sha256 }: { name: string; sha256: string }): string {
  return join(cache, `${name}-${sha256.slice(0, 16)}-${LAYOUT}`);
}

function build(name: string, cache: string, kept: string): void {
  const building = mkdtempSync(join(cache, 'building-'));
  try {
    download(name, building);
    extract(building, join(building, 'kept'));
    renameSync(join(building, 'kept'), kept);
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(kept)) throw error;
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  dropOthers(cache, kept);
}

/** The package that the metapackage stands for today, as far as apt's lists know. */
function concretePackage(): { name: string; sha256: string } | null {
  const show = (name: string) => outputOf('apt-cache', ['--no-all-versions', 'show', name])?.toString() ?? '';
  const name = /^Depends:.*\b(linux-image-\S+-amd64)\b/m.exec(show(METAPACKAGE))?.[1];
  const sha256 = name && /^SHA256: (\w+)$/m.exec(show(name))?.[1];
  return name && sha256 ? { name, sha256 } : null;
}

function noPackage(): never {
  throw new Error(
    `apt knows no ${METAPACKAGE}: the guest runs Debian's kernel, so its packages must be within reach`,
  );
}

function download(name: string, folder: string): void {
  // As root, apt would download as another user, who cannot write here.
  const argv = ['-o', 'APT::Sandbox::User=root', 'download', name];
  if (outputOf('apt-get', argv, { cwd: folder }) === null) {
    throw new Error(`this failed, run it to see why: apt-get ${argv.join(' ')}`);
  }
}

function extract(from: string, to: string): void {
  const deb = readdirSync(from).find((file) => file.endsWith('.deb')) ?? '';
  const tree = join(from, 'tree');
  run('dpkg-deb', ['--extract', join(from, deb), tree]);
  keepKernel(tree, to);
}

/** Keeps of an unpacked kernel package what a guest needs, in a new folder: `vmlinuz`, the modules, their order. */
export function keepKernel(tree: string, to: string): void {
  mkdirSync(to);
  const image = readdirSync(join(tree, 'boot')).find((file) => file.startsWith('vmlinuz-'));
  copyFileSync(join(tree, 'boot', image ?? ''), join(to, 'vmlinuz'));
  // Since Debian 13 /lib is a link, and packages use /usr/lib.
  const lib = ['usr/lib/modules', 'lib/modules'].map((folder) => join(tree, folder)).find(existsSync) ?? '';
  const modules = loadOrder(join(lib, readdirSync(lib)[0] ?? ''));
  for (const [file, content] of modules) writeFileSync(join(to, file), content);
  writeFileSync(join(to, 'modules'), [...modules.keys()].join('\n'));
}

/** The wanted modules and those that they depend on, each after its own, by file name. */
function loadOrder(folder: string): Map<string, Buffer> {
  const nameOf = (file: string) =>
    basename(file)
      .replace(/\.ko.*$/, '')
      .replaceAll('-', '_');
  const files = new Map<string, string>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (/\.ko(\.xz)?$/.test(file)) files.set(nameOf(file), join(folder, file));
  }
  const builtIn = new Set(readFileSync(join(folder, 'modules.builtin'), 'utf8').split('\n').map(nameOf));
  const order = new Map<string, Buffer>();
  const load = (name: string): void => {
    const file = files.get(name);
    if (file === undefined && builtIn.has(name)) return;
    if (file === undefined) throw new Error(`the kernel package has no module ${name}`);
    if (order.has(`${name}.ko`)) return;
    const content = file.endsWith('.xz') ? outputOf('xz', ['-dc', file]) : readFileSync(file);
    if (content === null) throw new Error(`xz cannot unpack ${file}`);
    // As `modinfo -F depends` reads it from the section .modinfo.
    const depends = /\0depends=([^\0]*)\0/.exec(content.toString('latin1'))?.[1] ?? '';
    for (const other of depends.split(',').filter(Boolean)) load(nameOf(other));
    order.set(`${name}.ko`, content);
  };
  for (const name of WANTED_MODULES) load(nameOf(name));
  return order;
}

/** A kernel that no apt list names any more is of no use. */
function dropOthers(cache: string, kept: string): void {
  for (const name of readdirSync(cache)) {
    if (name.startsWith('linux-image-') && name !== basename(kept)) {
      rmSync(join(cache, name), { recursive: true, force: true });
    }
  }
}
