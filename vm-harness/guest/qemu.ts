export const QEMU = 'qemu-system-x86_64';
export const DEFAULT_MEMORY_MIB = 768;

export interface Drive {
  readonly name: string;
  readonly file: string;
  readonly format: 'raw' | 'qcow2';
  readonly readOnly?: boolean;
  /** `disk`, when absent. */
  readonly kind?: 'disk' | 'cdrom';
}

/**
 * The machine of every guest. Without KVM, which is not to be had everywhere and hangs on some machines that offer it;
 * and without cmpxchg16b, after which QEMU 7.2 at times leaves garbage in EFLAGS: the kernel's allocator then panics.
 */
export function machineArguments(memoryMiB: number): string[] {
  return [
    ...['-accel', 'tcg', '-machine', 'q35', '-cpu', 'qemu64,-cx16', '-smp', '1', '-m', String(memoryMiB)],
    ...['-nodefaults', '-nographic', '-no-reboot'],
  ];
}

/** Their serial numbers are their names; mostly they become sda, sdb… in this order. */
export function scsiArguments(drives: readonly Drive[]): string[] {
  const each = drives.flatMap(({ name, file, format, readOnly, kind }) => [
    '-blockdev',
    JSON.stringify({
      driver: format,
      'node-name': name,
      'read-only': readOnly ?? false,
      file: { driver: 'file', filename: file },
    }),
    '-device',
    `scsi-${kind === 'cdrom' ? 'cd' : 'hd'},bus=scsi.0,drive=${name},serial=${name}`,
  ]);
  return ['-device', 'virtio-scsi-pci,id=scsi', ...each];
}

/** ttyS0, ttyS1… and the monitor, each to a socket that somebody already listens at. */
export function socketArguments(consoles: readonly string[], monitor: string): string[] {
  const serial = consoles.flatMap((path, n) => [
    ...['-chardev', `socket,id=console${n},path=${path}`],
    ...['-serial', `chardev:console${n}`],
  ]);
  return [...serial, '-chardev', `socket,id=monitor,path=${monitor}`, '-mon', 'chardev=monitor,mode=control'];
}
