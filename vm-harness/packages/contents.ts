import type { Generator } from '../guest/root-tree.ts';
import type { ChrootSystem } from './chroot-system.ts';

/** What stands at each path: kind, mode, owner, and the checksum of a file or the aim of a link. */
export type Contents = ReadonlyMap<string, string>;

export interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** What changed from one to the other, sorted. */
export function differenceOf(before: Contents, after: Contents): Difference {
  const [old, now] = [[...before.keys()], [...after.keys()]];
  return {
    added: now.filter((path) => !before.has(path)).sort(),
    removed: old.filter((path) => !after.has(path)).sort(),
    changed: now.filter((path) => before.has(path) && before.get(path) !== after.get(path)).sort(),
  };
}

export const NO_DIFFERENCE: Difference = { added: [], removed: [], changed: [] };

/** What dracut's module brings into an initramfs, as {@link initramfsOf} names it. */
export const DRACUT_HOOKS: readonly string[] = [
  'HOOKS/emergency/50-lvmedic-emergency.sh',
  'HOOKS/initqueue/settled/50-lvmedic-settled.sh',
  'HOOKS/initqueue/timeout/50-lvmedic-timeout.sh',
  'HOOKS/pre-pivot/50-lvmedic-pre-pivot.sh',
  'HOOKS/shutdown-emergency/50-lvmedic-emergency.sh',
];
/** … and what every generator's hook does. */
export const PROGRAM_AND_HOOKS: readonly string[] = [
  'usr/bin/lvmedic',
  'usr/lib/lvmedic',
  'usr/lib/lvmedic/boot.sh',
];

/** Below a folder, without other filesystems. Times are left out: every unpacking makes new ones. */
const list = (folder: string): string =>
  `find ${folder} -xdev -mindepth 1 -printf '%p\\t%y %m %U:%G %l\\n'
  find ${folder} -xdev -type f -print0 | xargs -0r sha256sum --zero | tr '\\0' '\\n'`;

/** dpkg's memory of what it did, and that of update-initramfs of the archive it made last. */
const NOT_OURS =
  /^(var\/lib\/dpkg\/(status|status-old|available|available-old|lock|lock-frontend|triggers\/(Lock|Unincorp)|info\/(?!lvmedic).*)|var\/log\/(dpkg|alternatives)\.log|var\/lib\/initramfs-tools\/.*|boot\/initrd.*|boot\/initramfs.*|var\/lib\/rpm(\/.*)?)$/;

/** Every file of the system, /boot included, but for the archives in it and the package manager's own memory. */
export async function contentsOf(system: ChrootSystem): Promise<Contents> {
  const listed = await system.run(`cd /; ${list('.')}; ${list('./boot')}`);
  return parse(listed, (path) => !NOT_OURS.test(path));
}

/** How each generator's own tool unpacks an archive into the working directory. */
const UNPACK: Readonly<Record<Generator, string>> = {
  'initramfs-tools': 'unmkinitramfs "$image" .',
  dracut: 'lsinitrd --unpack "$image"',
};

/** The files in the only initramfs of the system. Its hooks have one name, wherever the generator keeps them. */
export async function initramfsOf(system: ChrootSystem, generator = system.generator): Promise<Contents> {
  const listed = await system.run(
    `image=$(ls /boot/initr*-*); mkdir /tmp/archive; cd /tmp/archive; ${UNPACK[generator]} >&2; ${list('.')}`,
  );
  return parse(
    listed.replaceAll(/\.\/((usr|var)\/)?lib\/dracut\/hooks\//g, './HOOKS/'),
    // What a generator writes of itself: which modules it took, and a cache of the libraries.
    (path) => !/(^|\/)(modules\.txt|ld\.so\.cache|build-parameter\.txt)$/.test(path),
  );
}

function parse(listed: string, isPart: (path: string) => boolean): Contents {
  const contents = new Map<string, string>();
  for (const [, path = '', state = ''] of listed.matchAll(/^\.\/([^\t\n]+)\t(.*)$/gm)) {
    if (isPart(path)) contents.set(path, state);
  }
  for (const [, sum = '', path = ''] of listed.matchAll(/^([0-9a-f]{64}) {2}\.\/(.+)$/gm)) {
    if (isPart(path)) contents.set(path, `${contents.get(path)} ${sum}`);
  }
  return contents;
}
