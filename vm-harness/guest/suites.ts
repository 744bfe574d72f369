/** Debian releases whose real lvm, initramfs tools and kernel boot here. */
export const SUITES = ['bullseye', 'bookworm', 'trixie', 'sid'] as const;
export type Suite = (typeof SUITES)[number];

/** What made the initramfs, and what it runs while it waits for the root LV. */
export const FLAVOURS = ['initramfs-tools', 'dracut', 'dracut-without-systemd'] as const;
export type Flavour = (typeof FLAVOURS)[number];

/** How lvmedic comes into the boot; `none`: not at all. */
export const MODES = ['none', 'hook', 'embed', 'append'] as const;
export type Mode = (typeof MODES)[number];

/** From dracut 108 on, modules bear other numbers but the same names: `-o` and `-a` take names. */
const SYSTEMD_MODULES = [
  'systemd',
  'systemd-initrd',
  'dracut-systemd',
  'systemd-udevd',
  'systemd-sysusers',
  'systemd-sysctl',
  'systemd-modules-load',
  'systemd-tmpfiles',
  'systemd-journald',
];

/** The distribution's own command that writes the initramfs of `kernel` to `file`; for the shell of a chroot. */
export function initramfsCommand(flavour: Flavour, kernel: string, file: string): string {
  if (flavour === 'initramfs-tools') return `mkinitramfs -o ${file} ${kernel}`;
  const omitted = flavour === 'dracut' ? '' : ` -o "${SYSTEMD_MODULES.join(' ')}"`;
  return `dracut --force --no-hostonly --no-hostonly-cmdline --zstd -a lvm${omitted} --kver ${kernel} ${file}`;
}
