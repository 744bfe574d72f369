import { copyFileSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeFolder, run, temporaryFolder } from '../lab/host.ts';
import { buildStandIns } from './stand-ins.ts';

/** What a distribution brings, as far as our package needs it: neither dracut nor GRUB is there. */
const SPEC = `
Name: base-system
Version: 1
Release: 1
Summary: Folders, a shell and tools
License: Apache-2.0
AutoReqProv: no
Provides: /bin/sh util-linux
%description
%install
cp -a %{base_tree}/. %{buildroot}/
%files
/*
%dev(c, 1, 3) /dev/null

%package -n lvm2
Summary: What must be there for our package
AutoReqProv: no
Requires: base-system
%description -n lvm2
%files -n lvm2
`;
const PACKAGES = ['base-system', 'lvm2', 'lvmedic'];

/** Of the packages that each of these distributions has: filesystem, systemd. */
const FOLDERS = [
  ...['boot', 'dev', 'etc', 'proc', 'tmp', 'var/cache', 'var/lib', 'var/log', 'var/tmp'],
  ...['usr/bin', 'usr/lib', 'usr/lib64', 'usr/sbin', 'usr/share/doc', 'usr/share/licenses'],
  ...['usr/share/man/man5', 'usr/share/man/man8', 'usr/lib/systemd/system/multi-user.target.wants'],
];
/** This machine's, with their libraries: what lvmedic-setup calls. */
const TOOLS = [
  ...['bash', 'blkid', 'cat', 'chmod', 'cmp', 'df', 'findmnt', 'head', 'mkdir', 'mktemp', 'mv', 'readlink'],
  ...['rm', 'rmdir', 'sed', 'sort', 'sync', 'tail', 'touch', 'wc'],
];

/** What the two keep of what they did. */
const BOOKKEEPING = /^(\.rpmdb|etc\/dnf|var\/(cache|lib)\/dnf|var\/log\/(dnf|hawkey)[^/]*)(\/|$)/;

/** Our RPM and those of a distribution, in a folder that dnf takes for a repository. */
export function makeRepository(rpm: string): string {
  const folder = temporaryFolder('lvmedic-repository-');
  const tree = join(folder, 'tree');
  for (const name of FOLDERS) mkdirSync(join(tree, name), { recursive: true });
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) symlinkSync(`usr/${name}`, join(tree, name));
  for (const name of TOOLS) copyWithLibraries(name, tree);
  symlinkSync('bash', join(tree, 'usr/bin/sh'));
  buildStandIns(SPEC, folder, { base_tree: tree });
  removeFolder(tree);
  copyFileSync(rpm, join(folder, 'lvmedic.rpm'));
  writeFileSync(join(folder, 'dnf.conf'), '');
  run('createrepo_c', ['--quiet', folder]);
  return folder;
}

function copyWithLibraries(tool: string, tree: string): void {
  const program = realpathSync(run('sh', ['-c', `command -v ${tool}`]).trim());
  copyFileSync(program, join(tree, 'usr/bin', tool));
  for (const library of run('ldd', [program]).match(/\/\S+/g) ?? []) {
    mkdirSync(join(tree, dirname(library)), { recursive: true });
    if (!existsSync(join(tree, library))) copyFileSync(library, join(tree, library));
  }
}

export type Installer = 'dnf' | 'rpm';

/** A folder, at first with nothing in it, that one of this machine's own tools installs RPMs into. */
export class EmptyRoot {
  readonly folder = temporaryFolder('lvmedic-root-');
  readonly #installer: Installer;
  readonly #repository: string;

  constructor(installer: Installer, repository: string) {
    this.#installer = installer;
    this.#repository = repository;
  }

  /** Our package with all that it needs; gives what was said, the scripts of packages included. */
  install(): string {
    const files = PACKAGES.map((name) => join(this.#repository, `${name}.rpm`));
    return this.#installer === 'dnf' ? this.#dnf('install', 'lvmedic') : this.rpm('--install', ...files);
  }

  /** The same packages: dnf finds by itself those that nothing else needs. */
  remove(): string {
    return this.#installer === 'dnf' ? this.#dnf('remove', 'lvmedic') : this.rpm('--erase', ...PACKAGES);
  }

  rpm(...args: readonly string[]): string {
    return this.#said('rpm', '--root', this.folder, ...args);
  }

  #dnf(command: string, ...args: readonly string[]): string {
    return this.#said(
      ...['dnf', '--assumeyes', '--noplugins', '--releasever=1', '--nogpgcheck'],
      ...['--config', join(this.#repository, 'dnf.conf'), '--installroot', this.folder],
      ...['--repofrompath', `here,${this.#repository}`, '--repo', 'here', command, ...args],
    );
  }

  /** Debian's rpm has its database in the home folder: here, at the top of the root. */
  #said(...argv: readonly string[]): string {
    return run('env', ['HOME=/', 'sh', '-c', '"$@" 2>&1', 'sh', ...argv]);
  }

  /** Runs a program of it, with /proc. */
  run(...argv: readonly string[]): string {
    const enter = 'mount -t proc proc "$1/proc"; exec chroot "$@"';
    return run('unshare', ['--mount', 'sh', '-ec', enter, 'sh', this.folder, ...argv]);
  }

  /** All that is in it, but for the installer's own; folders are not told when that is all they hold. */
  paths(): string[] {
    const all = run('find', [this.folder, '-mindepth', '1', '-printf', '%P\\n']).trim().split('\n');
    const own = all.filter((path) => BOOKKEEPING.test(path));
    return all
      .filter((path) => !BOOKKEEPING.test(path) && !own.some((each) => each.startsWith(`${path}/`)))
      .sort();
  }

  /** Those of {@link paths} that belong to no package. */
  strays(): string[] {
    const owned = new Set(this.rpm('--query', '--list', ...PACKAGES).split('\n'));
    return this.paths().filter((path) => !owned.has(`/${path}`));
  }
}
