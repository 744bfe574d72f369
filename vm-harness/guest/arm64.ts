import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { arm64LibrariesOf } from '../../scripts/build/arm64.ts';
import { type UnpackedPackage, unpackedPackages } from '../../scripts/build/debian-archive.ts';
import { cached } from './cache.ts';
import type { CpioEntry } from './cpio.ts';
import { BUSYBOX } from './initramfs.ts';
import { keepKernel, keptKernel } from './kernel.ts';
import type { OneShotPlatform } from './one-shot.ts';

export const QEMU_ARM64 = 'qemu-system-aarch64';
const METAPACKAGE = 'linux-image-cloud-arm64';
const PACKAGES = ['busybox-static', 'lvm2', 'dmsetup', 'mount'];
/** What lvmedic calls, by its path since Debian 13; before, without `usr`. */
const TOOLS = ['usr/sbin/lvm', 'usr/sbin/dmsetup', 'usr/sbin/losetup'];
const LIBRARIES = 'usr/lib/aarch64-linux-gnu';
const LINKER = 'usr/lib/ld-linux-aarch64.so.1';

/**
 * QEMU's own 64-bit ARM machine, with Debian's kernel, busybox and lvm for it.
 *
 * @throws when Debian's archive cannot be reached and nothing is at hand
 */
export async function arm64Platform(): Promise<OneShotPlatform> {
  const [meta] = await unpackedPackages('arm64', [METAPACKAGE]);
  const name = meta?.depends.find((each) => each.startsWith('linux-image-'));
  const [image] = name === undefined ? [] : await unpackedPackages('arm64', [name]);
  if (image === undefined) throw new Error(`${METAPACKAGE} depends on no kernel`);
  const { folder } = await cached('kernel-arm64', [image.name, image.version], (to) =>
    keepKernel(image.folder, join(to, 'kernel')),
  );
  return {
    qemu: QEMU_ARM64,
    machineArguments: (memoryMiB) => [
      ...['-accel', 'tcg', '-machine', 'virt', '-cpu', 'cortex-a72', '-smp', '1', '-m', String(memoryMiB)],
      ...['-nodefaults', '-nographic', '-no-reboot'],
    ],
    serial: 'ttyAMA0',
    kernel: keptKernel(join(folder, 'kernel')),
    programs: await programs(),
  };
}

async function programs(): Promise<CpioEntry[]> {
  const packages = await withLibraries(PACKAGES);
  const tools = TOOLS.map((path) => [path, fileIn(packages, path)] as const);
  const [linker = '', ...libraries] = [
    ...new Set(tools.flatMap(([, file]) => arm64LibrariesOf(file, packages))),
  ];
  return [
    [BUSYBOX, fileIn(packages, BUSYBOX)] as const,
    ...tools,
    [LINKER, linker] as const,
    ...libraries.map((file) => [`${LIBRARIES}/${basename(file)}`, file] as const),
  ].map(([path, file]) => ({ path, content: readFileSync(file), executable: true }));
}

/** These packages and the libraries that they and those depend on. */
async function withLibraries(names: readonly string[]): Promise<UnpackedPackage[]> {
  const all: UnpackedPackage[] = [];
  for (let wanted = names; wanted.length > 0; ) {
    all.push(...(await unpackedPackages('arm64', wanted)));
    const libraries = all.flatMap(({ depends }) => depends.filter((each) => each.startsWith('lib')));
    wanted = [...new Set(libraries)].filter((each) => !all.some(({ name }) => name === each));
  }
  return all;
}

function fileIn(packages: readonly UnpackedPackage[], path: string): string {
  const places = packages.flatMap(({ folder }) =>
    [path, path.replace(/^usr\//, '')].map((each) => join(folder, each)),
  );
  const file = places.find(existsSync);
  if (file === undefined) throw new Error(`no package for arm64 holds ${path}`);
  return file;
}
