import { readFileSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { run } from '../lab/host.ts';
import { type CpioEntry, cpio } from './cpio.ts';
import type { GuestKernel } from './kernel.ts';
import { outputOf } from './output-of.ts';

/** This machine's own tools, for lvm and what lvmedic calls; everything else is busybox. */
const TOOLS = ['lvm', 'dmsetup', 'losetup', 'mke2fs', 'e2fsck'];
export const BUSYBOX = 'usr/bin/busybox';
const APPLETS = 'usr/lib/busybox';

/** No udev runs in the guest, so lvm makes the nodes of its volumes itself. */
const LVM_CONF = 'activation { udev_sync = 0 udev_rules = 0 }\n';

/** Folders that are links on every Debian, so that the tools find their libraries under either name. */
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];

/**
 * A root filesystem with little in it: no udev, no init system. `init` is its first process; `extra` files win over its
 * own. `programs` are {@link hostPrograms}, or busybox alone for another processor.
 */
export function initramfs(
  kernel: GuestKernel,
  init: string,
  extra: readonly CpioEntry[],
  programs: readonly CpioEntry[],
): Buffer {
  return cpio([
    ...extra,
    { path: 'init', content: `#!/${BUSYBOX} sh\n${START}${init}`, executable: true },
    ...MERGED.map((folder) => ({ path: folder, linkTo: `usr/${folder}` })),
    { path: 'etc/lvm/lvm.conf', content: LVM_CONF },
    ...['dev', 'mnt', 'proc', 'run', 'sys', 'tmp', 'var/lib', APPLETS].map((path) => ({ path })),
    ...programs,
    ...kernel.modules.map((file) => ({ path: `modules/${basename(file)}`, content: readFileSync(file) })),
    { path: 'modules/order', content: kernel.modules.map((file) => basename(file)).join(' ') },
  ]);
}

/** This machine's busybox, lvm and what lvmedic calls, with their libraries. */
export function hostPrograms(): CpioEntry[] {
  const programs: readonly (readonly [path: string, file: string])[] = [
    [BUSYBOX, pathOf('busybox')],
    ...TOOLS.map((tool) => [`usr/sbin/${tool}`, pathOf(tool)] as const),
  ];
  const libraries = new Set(programs.flatMap(([, file]) => librariesOf(file)));
  return [
    ...programs.map(([path, file]) => ({ path, content: readFileSync(file), executable: true })),
    ...[...libraries].map((file) => ({
      path: inUsr(file),
      content: readFileSync(realpathSync(file)),
      executable: true,
    })),
  ];
}

/** Gives disks the names that udev would have given them: /dev/disk/by-id/virtio-NAME. */
const START = `
/${BUSYBOX} --install -s /${APPLETS}
export PATH=/${APPLETS}
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
for module in $(cat /modules/order); do insmod "/modules/$module"; done
mkdir -p /dev/disk/by-id
for disk in /sys/block/*; do
  [ ! -e "$disk/serial" ] || ln -s "/dev/\${disk##*/}" "/dev/disk/by-id/virtio-$(cat "$disk/serial")"
done
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/${APPLETS} HOME=/ TERM=dumb LC_ALL=C
`;

function pathOf(program: string): string {
  return realpathSync(run('sh', ['-c', `command -v ${program}`]).trim());
}

/** The dynamic linker is among them; a static program has none. */
function librariesOf(file: string): string[] {
  return outputOf('ldd', [file])?.toString().match(/\/\S+/g) ?? [];
}

function inUsr(file: string): string {
  const path = file.slice(1);
  return path.startsWith('usr/') ? path : `usr/${path}`;
}
