import fs from 'node:fs';
import path from 'node:path';
import { nameAsIdentity } from '../model/identity.ts';
import { readText } from './files.ts';

/**
 * What tells this block device from another, today and after the next boot. `sys` is its folder in /sys, resolved. A
 * partition is known by its disk and its number; where the kernel knows nothing, there is only the name.
 */
export function identityOf(node: string, sys: string | null): string {
  if (sys === null) return nameAsIdentity(node);
  const partition = readText(path.join(sys, 'partition'));
  const known = knownOf(sys) ?? (partition === null ? null : knownOf(path.dirname(sys)));
  if (known === null) return nameAsIdentity(node);
  return partition === null ? known : `${known} partition ${partition}`;
}

/** The first that says something. An attribute may be there and empty: a virtio disk without a serial. */
function knownOf(sys: string): string | null {
  const attribute = (name: string) => readText(path.join(sys, name));
  const sources: readonly (() => string | null)[] = [
    // nvme, per namespace; the serial below `device` is that of the controller.
    () => attribute('wwid'),
    // SCSI and SATA.
    () => attribute('device/wwid'),
    () => attribute('device/serial'),
    // virtio.
    () => attribute('serial'),
    () => unitSerial(path.join(sys, 'device/vpd_pg80')),
    // multipath, LUKS, LVM.
    () => attribute('dm/uuid'),
    () => attribute('md/uuid'),
    () => loopOf(attribute('loop/backing_file'), attribute('loop/offset')),
  ];
  for (const source of sources) {
    const value = source();
    if (value !== null && !SAYS_NOTHING.test(value)) return value;
  }
  return null;
}

/** Empty, or zeros: md without metadata of its own, USB sticks. */
const SAYS_NOTHING = /^((naa|eui|uuid)\.)?[0\s-]*$/;

/** SPC-4, 7.8.17: four bytes, the last of which counts what follows, then the serial number of the unit in ASCII. */
function unitSerial(file: string): string | null {
  try {
    const page = fs.readFileSync(file);
    const serial = page.subarray(4, 4 + page.readUInt16BE(2)).toString('latin1');
    return serial.replaceAll(/[^\x20-\x7e]/g, '').trim();
  } catch {
    return null;
  }
}

/** Loop devices over parts of one file are not the same disk. */
function loopOf(file: string | null, offset: string | null): string | null {
  if (file === null || offset === null || offset === '0') return file;
  return `${file} from byte ${offset}`;
}
