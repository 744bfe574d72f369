import { dirname } from 'node:path';
import { debianMirror } from '../../scripts/build/debian-mirror.ts';
import { type Cached, cached } from './cache.ts';
import { runIsolated } from './child.ts';
import type { Suite } from './suites.ts';

/** dracut needs switch_root where it runs no systemd. */
const SWITCH_ROOT_PACKAGE: Partial<Record<Suite, string>> = { sid: 'util-linux-extra' };
/** What makes an initramfs in an installed system. A guest has both tools; the package dracut excludes the other one. */
export type Generator = 'initramfs-tools' | 'dracut';
const GENERATOR_PACKAGES: Readonly<Record<Generator, readonly string[]>> = {
  'initramfs-tools': ['initramfs-tools', 'dracut-core'],
  dracut: ['dracut'],
};
const PACKAGES = (generator: Generator) => [
  ...['systemd-sysv', 'udev', 'lvm2', ...GENERATOR_PACKAGES[generator], 'linux-image-cloud-amd64', 'kmod'],
  ...['e2fsprogs', 'login', 'util-linux', 'mount', 'busybox', 'cpio', 'zstd', 'procps', 'systemd'],
];

/** What a guest never looks at: each megabyte here is written to the disks of every case. */
const LEFT_OUT = ['doc', 'man', 'locale', 'info', 'i18n', 'lintian', 'bug', 'zoneinfo'];

/** Initramfs archives are made when all is installed, each as it is needed: the kernel's package makes none. */
const NO_INITRAMFS =
  'mkdir -p "$1/etc/initramfs-tools" && echo update_initramfs=no > "$1/etc/initramfs-tools/update-initramfs.conf"';

/** Mirrors drop a release when nobody supports it any more; here it stays. */
const ARCHIVE = 'http://archive.debian.org/debian';
const MAKE = `
mmdebstrap "$@" "$TO/root.tar" "$MIRROR" || {
  echo "$MIRROR does not give it; the same from $ARCHIVE:"
  mmdebstrap "$@" "$TO/root.tar" "$ARCHIVE"
}
`;

/** A root filesystem of the suite as its packages leave it, in `root.tar`; made with the mirror that this machine uses. */
export function rootTree(suite: Suite, generator: Generator = 'initramfs-tools'): Promise<Cached> {
  const packages = [
    ...PACKAGES(generator),
    ...(SWITCH_ROOT_PACKAGE[suite] === undefined ? [] : [SWITCH_ROOT_PACKAGE[suite]]),
  ];
  const argv = [
    ...['--mode=root', '--variant=essential', `--include=${packages.join(',')}`, '--format=tar'],
    ...['--aptopt=APT::Install-Recommends "false"'],
    // Its Release file is good for a week, and a mirror may lag behind.
    ...(suite === 'sid' ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : []),
    ...LEFT_OUT.map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
    ...['--dpkgopt=path-exclude=/usr/lib/*/gconv/*', '--dpkgopt=force-confold'],
    `--essential-hook=${NO_INITRAMFS}`,
    suite,
  ];
  return cached(`root-${suite}${generator === 'dracut' ? '-dracut' : ''}`, argv, (folder) =>
    runIsolated(MAKE, { TO: folder, MIRROR: debianMirror(suite), ARCHIVE, TMPDIR: dirname(folder) }, argv),
  );
}
