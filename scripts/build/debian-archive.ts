/**
 * Debian packages for another processor than this machine's, without telling this machine's apt of it: a private apt
 * looks them up and downloads them, and nothing is installed.
 */
import fs from 'node:fs';
import path from 'node:path';
import { cachedFolder, gotDir, sha256 } from './cache.ts';
import { debianMirror } from './debian-mirror.ts';
import { run } from './run.ts';

/** A binary package, as the archive or dpkg describes it; what is not known is empty. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly source: string;
  readonly sourceVersion: string;
  /** `debian` or `ubuntu`, and the release's codename. */
  readonly distribution: string;
  readonly release: string;
}

/** Packages, each unpacked into a folder of its own, which nobody writes to. */
export interface UnpackedPackage extends DebianPackage {
  readonly folder: string;
  /** Names of packages, without versions and alternatives. */
  readonly depends: readonly string[];
}

type Archived = DebianPackage & Pick<UnpackedPackage, 'depends'> & { readonly sha256: string };

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** For a build on something else than Debian. */
const defaultRelease = 'bookworm';

/** The distribution that this machine runs, from os-release(5). */
export function hostDistribution(): { readonly distribution: string; readonly release: string } {
  const text = fs.readFileSync('/etc/os-release', 'utf8');
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return { distribution: field('ID'), release: field('VERSION_CODENAME') };
}

/**
 * The newest packages of these names, security updates included, from the Debian release that this machine runs: one
 * advisory then answers for the programs of all processors. Lists are a day old at most, or older without a network.
 *
 * @throws when the archive cannot be reached and nothing is at hand, or has no such package
 */
export async function unpackedPackages(
  architecture: string,
  names: readonly string[],
): Promise<UnpackedPackage[]> {
  const host = hostDistribution();
  const release = host.distribution === 'debian' ? host.release : defaultRelease;
  const lists = await packageLists(architecture, release);
  const packages = describe(lists, names, release);
  const key = sha256(packages.map((each) => `${each.name} ${each.sha256}`).join('\n')).slice(0, 16);
  const folder = await cachedFolder(`debian-${architecture}-${key}`, (partial) => {
    fs.mkdirSync(partial);
    download(lists, packages, partial);
  });
  return packages.map(({ sha256: _, ...each }) => ({ ...each, folder: path.join(folder, each.name) }));
}

/** A folder with a private apt's configuration and lists: today's, or the newest when today's cannot be had. */
async function packageLists(architecture: string, release: string): Promise<string> {
  const family = `apt-${architecture}-${release}-`;
  const kept = () =>
    fs
      .readdirSync(gotDir)
      .filter((name) => name.startsWith(family) && /\d{4}-\d\d-\d\d$/.test(name))
      .sort();
  fs.mkdirSync(gotDir, { recursive: true });
  try {
    const folder = await cachedFolder(`${family}${new Date().toISOString().slice(0, 10)}`, (partial) =>
      updateLists(partial, architecture, release),
    );
    // A build that began yesterday may still read the last ones.
    for (const old of kept().slice(0, -2)) fs.rmSync(path.join(gotDir, old), { recursive: true });
    return folder;
  } catch (error) {
    const newest = kept().at(-1);
    if (newest === undefined) throw error;
    console.warn(
      `build: Debian's archive cannot be reached; with the lists of ${newest.slice(family.length)}`,
    );
    return path.join(gotDir, newest);
  }
}

function updateLists(folder: string, architecture: string, release: string): void {
  for (const name of ['state/lists/partial', 'cache/archives/partial'])
    fs.mkdirSync(path.join(folder, name), { recursive: true });
  fs.writeFileSync(path.join(folder, 'status'), '');
  // How this machine reaches an archive, such as its proxy; none of its hooks.
  const transport = run('apt-config', ['dump']).match(/^Acquire::(?!IndexTargets).*$/gm) ?? [];
  const settings = [
    'Dir::Etc::main "/dev/null"; Dir::Etc::parts "/dev/null"; Dir::Etc::sourceparts "/dev/null";',
    `APT::Architecture "${architecture}"; APT::Architectures { "${architecture}"; };`,
    // As root, apt would download as another user, who may not write to the cache.
    'APT::Sandbox::User "root"; Acquire::Languages "none"; Acquire::GzipIndexes "true";',
  ];
  fs.writeFileSync(path.join(folder, 'apt.conf'), [...transport, ...settings, ''].join('\n'));
  const archives = {
    [release]: debianMirror(release),
    [`${release}-security`]: debianMirror(release, 'security'),
  };
  const sources = Object.entries(archives).map(
    ([suite, uri]) => `deb [signed-by=${keyring}] ${uri} ${suite} main\n`,
  );
  fs.writeFileSync(path.join(folder, 'sources.list'), sources.join(''));
  apt(folder, 'apt-get', ['--error-on=any', 'update']);
}

/** Paths on the command line: the folder is renamed once it is complete. */
function apt(folder: string, program: string, args: readonly string[], cwd = folder): string {
  const places = {
    'Dir::State': 'state',
    'Dir::State::status': 'status',
    'Dir::Cache': 'cache',
    'Dir::Etc::sourcelist': 'sources.list',
  };
  const options = Object.entries(places).flatMap(([name, at]) => ['-o', `${name}=${path.join(folder, at)}`]);
  return run(program, [...options, ...args], { cwd, env: { APT_CONFIG: path.join(folder, 'apt.conf') } });
}

/** Kept beside the lists, for apt reads all of them to answer. */
function describe(lists: string, names: readonly string[], release: string): Archived[] {
  const answer = path.join(lists, `${sha256(names.join(' ')).slice(0, 16)}.txt`);
  if (!fs.existsSync(answer)) {
    const partial = `${answer}.${process.pid}`;
    fs.writeFileSync(partial, apt(lists, 'apt-cache', ['--no-all-versions', 'show', ...names]));
    fs.renameSync(partial, answer);
  }
  const paragraphs = fs.readFileSync(answer, 'utf8').split(/\n\n+/);
  const found = paragraphs.filter((text) => text.trim() !== '').map((text) => archived(text, release));
  for (const name of names)
    if (!found.some((each) => each.name === name))
      throw new Error(`Debian ${release} has no package ${name}`);
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function archived(paragraph: string, release: string): Archived {
  const field = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(paragraph)?.[1];
  const name = field('Package') ?? '';
  const version = field('Version') ?? '';
  const [, source = name, sourceVersion = version] =
    /^(\S+)(?: \((.+)\))?$/.exec(field('Source') ?? '') ?? [];
  return {
    ...{ name, version, source, sourceVersion, release },
    distribution: 'debian',
    architecture: field('Architecture') ?? '',
    sha256: field('SHA256') ?? '',
    depends: [field('Pre-Depends'), field('Depends')].flatMap((list = '') =>
      list.split(/, */).flatMap((each) => each.match(/^[^\s:]+/)?.[0] ?? []),
    ),
  };
}

function download(lists: string, packages: readonly Archived[], folder: string): void {
  console.log(
    `build: getting ${packages.map(({ name }) => name).join(' ')} for ${packages[0]?.architecture} …`,
  );
  const wanted = packages.map(({ name, version }) => `${name}=${version}`);
  // apt compares every file with the checksum in its signed lists.
  apt(lists, 'apt-get', ['download', ...wanted], folder);
  for (const { name } of packages) {
    const deb = fs.readdirSync(folder).find((file) => file.startsWith(`${name}_`)) ?? `${name}_.deb`;
    run('dpkg-deb', ['--extract', path.join(folder, deb), path.join(folder, name)]);
    fs.rmSync(path.join(folder, deb));
  }
}
