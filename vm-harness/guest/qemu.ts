import { copyFileSync, existsSync } from 'node:fs';

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

/** What starts the boot loader of a drive. `secure-boot`: UEFI that starts only what Microsoft's keys vouch for. */
export type Firmware = 'bios' | 'uefi' | 'secure-boot';

const OVMF = '/usr/share/OVMF';
const OVMF_FILES: Record<Exclude<Firmware, 'bios'>, { readonly code: string; readonly variables: string }> = {
  uefi: { code: `${OVMF}/OVMF_CODE_4M.fd`, variables: `${OVMF}/OVMF_VARS_4M.fd` },
  'secure-boot': { code: `${OVMF}/OVMF_CODE_4M.secboot.fd`, variables: `${OVMF}/OVMF_VARS_4M.ms.fd` },
};

/**
 * A machine that boots by its firmware. It has a screen, which nobody sees: without one, SeaBIOS would show the screen's
 * text on the serial line as well.
 *
 * @param variables a file that UEFI keeps its variables in; it is made when it is not there
 */
export function firmwareMachineArguments(firmware: Firmware, memoryMiB: number, variables: string): string[] {
  const common = [
    ...['-accel', 'tcg', '-cpu', 'qemu64,-cx16', '-smp', '1', '-m', String(memoryMiB)],
    ...['-nodefaults', '-vga', 'std', '-display', 'none', '-no-reboot', '-rtc', 'base=utc'],
  ];
  if (firmware === 'bios') return ['-machine', 'q35', ...common];
  const files = OVMF_FILES[firmware];
  if (!existsSync(variables)) copyFileSync(files.variables, variables);
  const isSecure = firmware === 'secure-boot';
  return [
    ...['-machine', isSecure ? 'q35,smm=on' : 'q35', ...common],
    ...(isSecure ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
    ...['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${files.code}`],
    ...['-drive', `if=pflash,format=raw,unit=1,file=${variables}`],
  ];
}

/** A CD in a drive at the chipset's SATA controller, from which the machine boots before anything else. */
export function bootCdArguments(file: string): string[] {
  return [
    ...['-drive', `if=none,id=boot-cd,media=cdrom,readonly=on,format=raw,file=${file}`],
    ...['-device', 'ide-cd,bus=ide.0,drive=boot-cd,bootindex=0'],
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
