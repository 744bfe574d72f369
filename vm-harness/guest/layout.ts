import type { DiskSpec } from '../lab/world.ts';

/** Of the filesystem that /boot is, in every guest: an initramfs records it. */
export const BOOT_UUID = '6c766d65-6469-4362-8f6f-742d66736964';
/** Of the root filesystem. */
export const ROOT_UUID = '726f6f74-6c76-4d65-8469-632d67756573';
export const BOOT_START_MIB = 1;
export const BOOT_MIB = 80;

/**
 * Extents of 1 MiB, as in the lab. mke2fs lays the payload, first by name, across the boundary of root's first two
 * segments.
 */
export const LVS: readonly (readonly [lv: string, ...ranges: string[]])[] = [
  ['root', 'd1:0-15', 'd2:0-191', 'd1:16-319'],
  ['swap_1', 'd1:320-383'],
  ['home', 'd2:192-255'],
];
export const LV_MIB = { root: 512, swap_1: 64, home: 64 } as const;
/** Of the root LV, on d2. */
export const ROOT_ON_D2_MIB = { from: 16, to: 16 + 192 } as const;

/** Label and metadata area come before the extents. */
const PV_MIB = { d1: 1 + 320 + 64, d2: 1 + 192 + 64 } as const;
const PV_START_MIB = { d1: BOOT_START_MIB + BOOT_MIB, d2: BOOT_START_MIB } as const;
/** Behind the last partition: the second GPT. */
const TAIL_MIB = 1;

/** /boot is the first partition of d1. */
export const GUEST_DISKS: readonly DiskSpec[] = (['d1', 'd2'] as const).map((name) => ({
  name,
  sizeMiB: PV_START_MIB[name] + PV_MIB[name] + TAIL_MIB,
  partition: { startMiB: PV_START_MIB[name], sizeMiB: PV_MIB[name] },
}));

export const FSTAB = `/dev/mapper/vm1--vg-root / ext4 errors=remount-ro 0 1
UUID=${BOOT_UUID} /boot ext4 defaults 0 2
/dev/mapper/vm1--vg-home /home ext4 defaults 0 2
/dev/mapper/vm1--vg-swap_1 none swap sw 0 0
`;

/** mke2fs, without features that the oldest suite's kernel or e2fsck does not know. */
export const MAKE_EXT4 = [
  ...['-q', '-t', 'ext4', '-b', '4096', '-O', '^orphan_file,^metadata_csum_seed'],
  ...['-E', 'lazy_itable_init=0'],
];
