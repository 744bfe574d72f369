/**
 * Which of Debian's kernel modules come along: all that a disk may hang on or hold, and the network cards that virtual
 * machines and common servers have. No sound, wifi, graphics. Folders end in a slash; else it is a module's name.
 */
const WANTED = [
  // Disks, and what they hang on.
  ...['drivers/ata/', 'drivers/scsi/', 'drivers/message/fusion/', 'drivers/nvme/host/', 'drivers/block/'],
  ...['drivers/cdrom/', 'drivers/mmc/', 'drivers/virtio/', 'drivers/hv/', 'drivers/xen/', 'drivers/nvdimm/'],
  ...[
    'drivers/pci/',
    'drivers/usb/host/',
    'drivers/usb/core/',
    'drivers/usb/common/',
    'drivers/usb/storage/',
  ],
  ...['usbhid', 'hid-generic', 'hid-hyperv', 'drivers/input/serio/', 'drivers/input/keyboard/', 'evdev'],
  ...['button', 'drivers/acpi/nfit/', 'virtio_console', 'virtio-rng', 'qemu_fw_cfg'],
  // What disks hold.
  ...['drivers/md/', 'fs/ext4/', 'fs/xfs/', 'fs/btrfs/', 'fs/fat/', 'fs/exfat/', 'fs/isofs/', 'fs/udf/'],
  ...['fs/squashfs/', 'fs/overlayfs/', 'fs/fuse/', 'fs/nls/', 'fs/f2fs/', 'fs/jfs/', 'efivarfs'],
  ...['crypto/', 'arch/x86/crypto/', 'lib/'],
  // The network.
  ...['virtio_net', 'vmxnet3', 'drivers/net/hyperv/', 'xen-netfront', 'drivers/net/ethernet/amazon/'],
  ...['drivers/net/ethernet/google/', 'drivers/net/ethernet/microsoft/', 'drivers/net/ethernet/realtek/'],
  ...[
    'e1000',
    'e1000e',
    'igb',
    'igbvf',
    'igc',
    'ixgbe',
    'ixgbevf',
    'i40e',
    'iavf',
    'tg3',
    'pcnet32',
    'mlx5_core',
  ],
];

/** Tests of the kernel itself, and drivers that only make trouble in a rescue. */
const UNWANTED =
  /(^|[/_-])(kunit|tests?|scsi_debug|null_blk|zram|brd|xen-blkback|xen-scsiback|ublk_drv)\b|kunit/;

/**
 * The modules wanted and those they need, as paths in `lib/modules/VERSION`.
 *
 * @param dependencies what depmod wrote: modules.dep
 */
export function chooseModules(dependencies: string): string[] {
  const needs = new Map(
    dependencies
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [file = '', rest = ''] = line.split(':');
        return [file, rest.split(' ').filter(Boolean)] as const;
      }),
  );
  const chosen = new Set<string>();
  for (const [file, others] of needs) {
    if (!isWanted(file)) continue;
    for (const each of [file, ...others]) chosen.add(each);
  }
  return [...chosen].sort();
}

/** The given modules and those that they need, each after its own. */
export function loadOrder(dependencies: string, names: readonly string[]): string[] {
  const order: string[] = [];
  for (const name of names) {
    const line = dependencies.split('\n').find((each) => nameOf(each.split(':')[0] ?? '') === nameOf(name));
    if (line === undefined) throw new Error(`the kernel's package has no module ${name}`);
    const [file = '', rest = ''] = line.split(':');
    // depmod writes what must be loaded first last.
    for (const each of [...rest.split(' ').filter(Boolean).reverse(), file]) {
      if (!order.includes(each)) order.push(each);
    }
  }
  return order;
}

function isWanted(file: string): boolean {
  const path = file.replace(/^kernel\//, '');
  if (UNWANTED.test(path)) return false;
  return WANTED.some((each) => (each.endsWith('/') ? path.startsWith(each) : nameOf(path) === nameOf(each)));
}

/** Modules are spelled with - and _ alike. */
export const nameOf = (file: string): string =>
  (file.split('/').at(-1) ?? '').replace(/\.ko.*$/, '').replaceAll('-', '_');
