import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { hostDistribution } from './debian-archive.ts';
import type { OwningPackage } from './toolchain.ts';

/** The packages of this machine that files belong to, by file; without those that dpkg, if there is one, does not know. */
export function hostPackagesOf(files: readonly string[]): ReadonlyMap<string, OwningPackage> {
  const names = new Map(files.flatMap((file) => dpkgNames(file).map((name) => [name, file])));
  if (names.size === 0) return new Map();
  const owners = new Map<string, string>();
  for (const [, owner = '', name = ''] of query(['--search', ...names.keys()]).matchAll(
    /^([^,\s]+)(?:, .+)?: (\/.+)$/gm,
  )) {
    const file = names.get(name);
    if (file !== undefined) owners.set(file, owner.replace(/:$/, ''));
  }
  const packages = describe([...new Set(owners.values())]);
  return new Map(
    [...owners].flatMap(([file, owner]) => {
      const found = packages.get(owner);
      return found === undefined ? [] : [[file, found] as const];
    }),
  );
}

/** dpkg knows a file by the path in its package: below /usr or, before Debian 13, not. */
function dpkgNames(file: string): string[] {
  return [file, fs.realpathSync(file)].flatMap((name) => {
    const short = name.replace(/^\/usr\//, '/');
    return [short, `/usr${short}`];
  });
}

function describe(names: readonly string[]): ReadonlyMap<string, OwningPackage> {
  if (names.length === 0) return new Map();
  const fields = ['binary:Package', 'Package', 'Version', 'Architecture', 'source:Package', 'source:Version'];
  const format = `${fields.map((field) => `\${${field}}`).join('\t')}\n`;
  const lines = query(['--show', `--showformat=${format}`, ...names])
    .split('\n')
    .filter(Boolean);
  const packages = new Map<string, OwningPackage>();
  for (const line of lines) {
    const [key = '', name = '', version = '', architecture = '', source = '', sourceVersion = ''] =
      line.split('\t');
    const found = {
      ...{ name, version, architecture, source, sourceVersion },
      ...hostDistribution(),
      copyrightFile: `/usr/share/doc/${name}/copyright`,
    };
    // --search names a package with its architecture where several can be installed.
    for (const each of [key, name, `${name}:${architecture}`]) packages.set(each, found);
  }
  return packages;
}

/** Its exit status also tells of files that no package knows. */
function query(args: readonly string[]): string {
  const result = spawnSync('dpkg-query', args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  return result.stdout ?? '';
}
