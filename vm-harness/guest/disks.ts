import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MIB, run } from '../lab/host.ts';
import { createLv, pvcreate, remember, VG } from '../lab/layouts.ts';
import { writeBytes } from '../lab/ondisk.ts';
import { geometries, layPayload, noise } from '../lab/payload.ts';
import { LabWorld } from '../lab/world.ts';
import { makeBootPartition } from './boot-partition.ts';
import { type Cached, cached } from './cache.ts';
import { runIsolated } from './child.ts';
import { type Deb, debKey, PROGRAM } from './deb.ts';
import {
  BOOT_START_MIB,
  FSTAB,
  GUEST_DISKS,
  LV_MIB,
  LVS,
  MAKE_EXT4,
  ROOT_ON_D2_MIB,
  ROOT_UUID,
} from './layout.ts';
import { outputOf } from './output-of.ts';
import { rootTree } from './root-tree.ts';
import type { Suite } from './suites.ts';

const SYSTEM = fileURLToPath(new URL('system', import.meta.url));
/** Files of the running system that a wrong mapping of extents would spoil; MiB each. */
const PAYLOAD: Readonly<Record<'root' | 'home', readonly string[]>> = {
  root: ['/a-payload/1', '/a-payload/2', '/a-payload/3', '/a-payload/4'],
  home: ['/home/payload/1', '/home/payload/2'],
};
const PAYLOAD_FILE_MIB = 4;

/**
 * An installed system of the suite: `d1.img`, `d2.img`, `etc-lvm/` and `truth.json` make a world, `root.ext4` is what
 * the root LV holds, `boot/` its kernel. With a package, that is installed in it, but for the program itself, which
 * lies in /boot (see `boot-partition.ts`).
 */
export async function guestDisks(suite: Suite, deb: Deb | null): Promise<Cached> {
  const root = await rootTree(suite);
  const system = ['guest-marker', 'guest-marker.service'].map((file) =>
    readFileSync(join(SYSTEM, file), 'utf8'),
  );
  const layout = JSON.stringify([
    LVS,
    GUEST_DISKS,
    PAYLOAD,
    PAYLOAD_FILE_MIB,
    FSTAB,
    MAKE_EXT4,
    ROOT_UUID,
    INSTALL,
  ]);
  const key = [root.id, deb === null ? '' : debKey(deb), ...system, layout];
  return cached(`disks-${suite}${deb === null ? '' : '-lvmedic'}`, key, async (folder) => {
    const world = emptyVolumeGroup();
    const tree = join(world.dir, 'tree');
    try {
      writeSettings(world, tree);
      await runIsolated(INSTALL, {
        ...{ ROOT_TAR: join(root.folder, 'root.tar'), TREE: tree, TO: folder, DEB: deb?.file ?? '' },
        ...{ SETTINGS: join(world.dir, 'settings'), SYSTEM, PROGRAM },
        ...{ ROOT_MIB: String(LV_MIB.root), ROOT_UUID, MKE2FS: MAKE_EXT4.join(' ') },
      });
      fill(world, folder);
      keep(world, folder);
    } finally {
      rmSync(tree, { recursive: true, force: true });
      world.dispose();
    }
  });
}

/** Lays the files into the root tree, and the tree into an image. */
const INSTALL = `
mkdir "$TREE"
tar --numeric-owner --xattrs --xattrs-include='*' -C "$TREE" -xf "$ROOT_TAR"
mkdir "$TO/boot"
mv "$TREE"/boot/vmlinuz-* "$TREE"/boot/config-* "$TO/boot"
rm -rf "$TREE"/boot/*
cp -r --no-preserve=ownership "$SETTINGS/." "$TREE"
sed -i 's/^root:[^:]*:/root::/' "$TREE/etc/shadow"
install -m 755 "$SYSTEM/guest-marker" "$TREE/usr/local/sbin/guest-marker"
install -m 644 "$SYSTEM/guest-marker.service" "$TREE/etc/systemd/system/guest-marker.service"
for target in multi-user emergency; do
  mkdir -p "$TREE/etc/systemd/system/$target.target.wants"
  ln -s ../guest-marker.service "$TREE/etc/systemd/system/$target.target.wants/"
done
for unit in e2scrub_reap.service e2scrub_all.timer apt-daily.timer apt-daily-upgrade.timer systemd-timesyncd.service; do
  ln -sf /dev/null "$TREE/etc/systemd/system/$unit"
done
if [ -n "$DEB" ]; then
  mount -t proc proc "$TREE/proc"
  mount --bind /dev "$TREE/dev"
  cp "$DEB" "$TREE/lvmedic.deb"
  chroot "$TREE" dpkg --force-confold --install /lvmedic.deb
  rm "$TREE/lvmedic.deb"
  umount "$TREE/proc" "$TREE/dev"
  # It has put files into /boot, which is a disk of its own in the guest.
  rm -rf "$TREE"/boot/*
  ln -sf /boot/lvmedic/lvmedic "$TREE/$PROGRAM"
fi
truncate -s "\${ROOT_MIB}M" "$TO/root.ext4"
mke2fs $MKE2FS -L root -U $ROOT_UUID -d "$TREE" "$TO/root.ext4"
`;

function emptyVolumeGroup(): LabWorld {
  const world = new LabWorld(GUEST_DISKS);
  for (const { name, partition } of GUEST_DISKS) {
    const { startMiB = 0, sizeMiB = 0 } = partition ?? {};
    const sectors = (fromMiB: number, toMiB: number) => `${fromMiB * 2048}:${toMiB * 2048 - 1}`;
    const boot = startMiB > BOOT_START_MIB ? [sectors(BOOT_START_MIB, startMiB)] : [];
    const partitions = [...boot, sectors(startMiB, startMiB + sizeMiB)];
    const create = partitions.flatMap((place, index) => ['-n', `${index + 1}:${place}`]);
    run('sgdisk', ['-a', '1', ...create, '-t', `${partitions.length}:8e00`, world.image(name)]);
  }
  for (const disk of ['d1', 'd2']) pvcreate(world, disk);
  world.lvm(['vgcreate', '-s', '1m', VG, world.node('d1'), world.node('d2')]);
  for (const [lv, ...ranges] of LVS) createLv(world, lv, ranges);
  remember(world);
  world.detach();
  return world;
}

/** Files that are no package's: how this system is set up, and lvm's own backup and archive as they came to be. */
function writeSettings(world: LabWorld, tree: string): void {
  const settings = join(world.dir, 'settings');
  const write = (path: string, content: string | Buffer) => {
    mkdirSync(join(settings, path, '..'), { recursive: true });
    writeFileSync(join(settings, path), content);
  };
  write('etc/fstab', FSTAB);
  write('etc/hostname', 'guest\n');
  write('etc/machine-id', `${createHash('md5').update(tree).digest('hex')}\n`);
  for (const path of PAYLOAD.root) write(path, payload(path));
  const sums = [...PAYLOAD.root, ...PAYLOAD.home].map(
    (path) => `${createHash('sha256').update(payload(path)).digest('hex')} ${path}\n`,
  );
  write('etc/guest-payload', sums.join(''));
  for (const folder of ['backup', 'archive']) {
    cpSync(join(world.lvmDir, folder), join(settings, 'etc/lvm', folder), { recursive: true });
  }
}

const payload = (path: string): Buffer => noise(`guest ${path}`, PAYLOAD_FILE_MIB * MIB);

function fill(world: LabWorld, folder: string): void {
  const places = geometries(world);
  layPayload(world, `${VG}/root`, readFileSync(join(folder, 'root.ext4')), places);
  layPayload(
    world,
    `${VG}/swap_1`,
    imageOf(world, 'swap', LV_MIB.swap_1, (image) => run('mkswap', [image])),
    places,
  );
  const home = join(world.dir, 'home');
  for (const path of PAYLOAD.home) {
    mkdirSync(join(world.dir, path, '..'), { recursive: true });
    writeFileSync(join(world.dir, path), payload(path));
  }
  const ext4 = (image: string) => run('mke2fs', [...MAKE_EXT4, '-L', 'home', '-d', home, image]);
  layPayload(world, `${VG}/home`, imageOf(world, 'home', LV_MIB.home, ext4), places);
  const boot = join(world.dir, 'boot.img');
  makeBootPartition(boot, join(folder, 'boot'), null);
  writeBytes(world.image('d1'), BOOT_START_MIB * MIB, readFileSync(boot));
  checkPayloadSpansDisks(join(folder, 'root.ext4'));
}

function imageOf(world: LabWorld, name: string, sizeMiB: number, make: (image: string) => void): Buffer {
  const image = join(world.dir, `${name}.img`);
  writeFileSync(image, '');
  truncateSync(image, sizeMiB * MIB);
  make(image);
  return readFileSync(image);
}

/** A payload that lies on one disk alone would prove little. */
function checkPayloadSpansDisks(root: string): void {
  const { from, to } = ROOT_ON_D2_MIB;
  const isOnD2 = (block: number) => block * 4096 >= from * MIB && block * 4096 < to * MIB;
  const blocks = PAYLOAD.root.map((path) =>
    (outputOf('debugfs', ['-R', `blocks ${path}`, root])?.toString() ?? '').trim().split(/\s+/).map(Number),
  );
  const onD2 = blocks.flat().filter(isOnD2).length;
  if (onD2 === 0 || onD2 === blocks.flat().length) throw new Error('the payload in / lies on one disk alone');
}

function keep(world: LabWorld, folder: string): void {
  for (const name of world.present()) {
    run('cp', ['--sparse=always', world.image(name), join(folder, `${name}.img`)]);
  }
  run('cp', ['--archive', world.lvmDir, join(folder, 'etc-lvm')]);
  writeFileSync(join(folder, 'truth.json'), JSON.stringify(world.truth));
}
