import { dirname } from 'node:path';
import { type Cached, cached } from '../../vm-harness/guest/cache.ts';
import { runIsolated } from '../../vm-harness/guest/child.ts';
import { debianMirror } from '../build/debian-mirror.ts';

/**
 * Stable: its kernel and lvm know more formats and hardware than those of the systems to be rescued, and it gets
 * security updates for years.
 */
const SUITE = 'trixie';

/** What the rescue system itself is made of, beside the packages that Debian calls essential. */
const SYSTEM = [
  ...['udev', 'systemd-standalone-sysusers', 'systemd-standalone-tmpfiles', 'kmod', 'busybox-static'],
  ...['lvm2', 'dmsetup', 'thin-provisioning-tools', 'cryptsetup-bin', 'mdadm', 'gdisk', 'fdisk'],
  ...['e2fsprogs', 'xfsprogs', 'btrfs-progs', 'dosfstools', 'util-linux', 'util-linux-extra', 'mount'],
  ...['kexec-tools', 'openssh-server', 'iproute2', 'passwd', 'procps', 'less', 'nano', 'zstd', 'xz-utils'],
];

/** Unpacked, never installed: what boots, and what writes the image, so that the building machine's own tools do not matter. */
const TOOLS = [
  ...['base-files', 'dash', 'coreutils', 'kmod', 'linux-image-amd64', 'shim-signed', 'grub-efi-amd64-signed'],
  ...['grub-pc-bin', 'grub-common', 'xorriso', 'mtools', 'squashfs-tools'],
];

/** Of those, whose files come onto the image. */
const SHIPPED_TOOLS = ['shim-signed', 'shim-helpers-amd64-signed', 'grub-efi-amd64-signed', 'grub-pc-bin'];

/** The licences stay: `usr/share/doc/PACKAGE/copyright`. */
const LEFT_OUT = [
  ...['path-exclude=/usr/share/doc/*', 'path-include=/usr/share/doc/*/copyright'],
  ...['man', 'locale', 'info', 'i18n', 'lintian', 'bug', 'bash-completion'].map(
    (folder) => `path-exclude=/usr/share/${folder}/*`,
  ),
  'force-confold',
];

/** Raise it when the options below change. */
const LAYOUT = 1;
/** Clamps times in both trees; what comes onto the image gets times of its own. */
const EPOCH_SECONDS = '1700000000';

/** `system.tar`: an installed Debian without a kernel. Made with the mirror that this machine uses. */
export function systemTree(): Promise<Cached> {
  return tree('system', 'essential', SYSTEM, '--dpkgopt=path-exclude=/usr/lib/*/gconv/*');
}

/** `tools.tar`, with the stanzas of packages whose files are shipped in `/shipped`. */
export function toolsTree(): Promise<Cached> {
  const names = `$(APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: //p')`;
  const show = `APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-cache show --no-all-versions`;
  return tree(
    'tools',
    'extract',
    TOOLS,
    `--extract-hook=${show} ${SHIPPED_TOOLS.join(' ')} ${names} >"$1/shipped"`,
  );
}

function tree(name: string, variant: string, packages: readonly string[], option: string): Promise<Cached> {
  const argv = [
    ...['--mode=root', `--variant=${variant}`, `--include=${packages.join(',')}`, '--format=tar'],
    '--aptopt=APT::Install-Recommends "false"',
    ...LEFT_OUT.map((option) => `--dpkgopt=${option}`),
    option,
    SUITE,
  ];
  const sources = [
    `deb ${debianMirror(SUITE)} ${SUITE} main`,
    `deb ${debianMirror(SUITE)} ${SUITE}-updates main`,
    `deb ${debianMirror(SUITE, 'security')} ${SUITE}-security main`,
  ];
  return cached(`iso-${name}`, [...argv, `${LAYOUT}`], (folder) =>
    runIsolated(
      `mmdebstrap "$@" "$TO/${name}.tar" ${sources.map((line) => `'${line}'`).join(' ')}`,
      { TO: folder, TMPDIR: dirname(folder), SOURCE_DATE_EPOCH: EPOCH_SECONDS },
      argv,
    ),
  );
}
