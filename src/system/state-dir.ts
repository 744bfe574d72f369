import fs from 'node:fs';
import { readText } from './files.ts';

const MEDIUM = '/dev/disk/by-label/LVMEDIC';

/**
 * Where undo records and logs are kept: what the user named, a mounted medium labelled LVMEDIC, else the memory of
 * an initramfs or /var/lib of a running system.
 */
export function chooseStateDir(wanted: string | null, inInitramfs: boolean): string {
  if (wanted !== null) return wanted;
  const medium = mountOf(MEDIUM);
  if (medium !== null) return `${medium}/lvmedic`;
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

function canWrite(folder: string): boolean {
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
