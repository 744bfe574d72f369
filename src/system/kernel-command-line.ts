import fs from 'node:fs';
import path from 'node:path';
import { parameters } from '../model/kernel-command-line.ts';
import { listFolder, readSmallFile, readText } from './files.ts';

/** dracut and initramfs-tools each leave their marks; from dracut 106 on, without systemd, not in /etc. */
const MARKS = ['/etc/initrd-release', '/usr/lib/initrd-release', '/conf/initramfs.conf'];

export const inInitramfs = (): boolean => MARKS.some((file) => fs.existsSync(file));

/** The kernel's own, among what dracut keeps in an initramfs, in dracut's order: the last word counts. */
export function kernelCommandLine(): string {
  const kernel = readText('/proc/cmdline') ?? '';
  if (!inInitramfs()) return kernel;
  const texts = [
    ...textsIn('/etc/cmdline.d'),
    readSmallFile('/etc/cmdline') ?? '',
    kernel,
    // From dracut 112 on.
    ...textsIn('/run/initramfs/cmdline.d'),
  ];
  return texts.join(' ').replaceAll(/\s+/g, ' ').trim();
}

const textsIn = (folder: string): string[] =>
  listFolder(folder)
    .filter((name) => name.endsWith('.conf'))
    .map((name) => readSmallFile(path.join(folder, name)) ?? '');

/** What could be a device among the values of a kernel command line. `block:` is dracut's own spelling. */
export function namedDevices(commandLine: string): string[] {
  return parameters(commandLine).flatMap(({ value }) => (value ? [value.replace(/^block:/, '')] : []));
}

/** Whether the device is there that a spec names: a path below /dev, or `UUID=…` and its like, as in fstab. */
export function isDeviceThere(spec: string): boolean {
  const [, tag = '', value = ''] =
    /^(UUID|LABEL|PARTUUID|PARTLABEL)=(.+)$/.exec(spec.replaceAll('"', '')) ?? [];
  const node = tag === '' ? spec : path.posix.join('/dev/disk', `by-${tag.toLowerCase()}`, encodeLink(value));
  return node.startsWith('/dev/') && fs.existsSync(node);
}

/** As udev writes what would not do in the name of a link: `my data` is `my\x20data`. */
const encodeLink = (value: string): string =>
  value.replaceAll(/[^A-Za-z0-9#+.:=@_\-\u0080-\u{10ffff}]/gu, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
