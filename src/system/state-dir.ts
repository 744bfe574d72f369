import fs from 'node:fs';
import path from 'node:path';
import { readText } from './files.ts';

const MEDIUM = '/dev/disk/by-label/LVMEDIC';

/**
 * Where undo records and logs are kept: what the user named, a writable medium labelled LVMEDIC, else the memory of
 * an initramfs or /var/lib of a running system.
 */
export function chooseStateDir(wanted: string | null, inInitramfs: boolean): string {
  if (wanted !== null) return wanted;
  const medium = mountOf(MEDIUM);
  if (medium !== null && canHold(`${medium}/lvmedic`)) return `${medium}/lvmedic`;
  if (inInitramfs) return '/run/initramfs/lvmedic';
  return canWrite('/var/lib') ? '/var/lib/lvmedic' : '/run/lvmedic';
}

function mountOf(link: string): string | null {
  try {
    const node = fs.realpathSync(link);
    const mount = (readText('/proc/self/mounts') ?? '')
      .split('\n')
      .find((line) => line.startsWith(`${node} `));
    return mount?.split(' ')[1]?.replaceAll('\\040', ' ') ?? null;
  } catch {
    return null;
  }
}

/** A folder, or the place for one: on a medium that holds the program, `lvmedic` is that file. */
function canHold(folder: string): boolean {
  const stat = fs.statSync(folder, { throwIfNoEntry: false });
  return stat === undefined ? canWrite(path.dirname(folder)) : stat.isDirectory() && canWrite(folder);
}

function canWrite(folder: string): boolean {
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
