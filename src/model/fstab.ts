/** One line of an fstab(5) that a boot uses without being asked. */
export interface FstabEntry {
  readonly spec: string;
  readonly mountPoint: string;
  readonly type: string;
}

const MAX_ENTRIES = 256;
/** Filesystems that stand on no disk of this machine. */
const ELSEWHERE = /^(swap|tmpfs|proc|sysfs|devpts|devtmpfs|nfs4?|cifs|9p|virtiofs|overlay|none|auto_home)$/;

/**
 * What a boot stops for when it is not there: not `/` itself, no swap, nothing with `noauto` or `nofail`, and no
 * mount point with `..` or control characters in it. The text is hostile: unreadable lines are left out.
 */
export function neededMounts(fstab: string): FstabEntry[] {
  return entries(fstab).filter(({ mountPoint, type }) => {
    const isPlain = /^\/./.test(mountPoint) && !/[\0-\x1f\x7f-\x9f]|\\$|\/\.\.?(\/|$)/.test(mountPoint);
    return isPlain && !ELSEWHERE.test(type);
  });
}

/** Devices for swapping. A boot waits for them, and goes on without. */
export function swapDevices(fstab: string): string[] {
  return entries(fstab)
    .filter(({ type }) => type === 'swap')
    .map(({ spec }) => spec);
}

function entries(fstab: string): FstabEntry[] {
  return fstab
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .slice(0, MAX_ENTRIES)
    .flatMap((line): FstabEntry[] => {
      const [spec = '', mountPoint = '', type = '', options = ''] = line.split(/\s+/).map(unescaped);
      const isOptional = options.split(',').some((each) => each === 'noauto' || each === 'nofail');
      const isDevice = /^(\/dev\/|UUID=|LABEL=|PARTUUID=|PARTLABEL=)/.test(spec);
      return isDevice && !isOptional ? [{ spec, mountPoint, type }] : [];
    });
}

/** Blanks in fstab are octal: `\040`. */
const unescaped = (field: string): string =>
  field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
