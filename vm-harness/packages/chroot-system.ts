import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runIsolated } from '../guest/child.ts';
import { BOOT_UUID, MAKE_EXT4 } from '../guest/layout.ts';
import { type Generator, rootTree } from '../guest/root-tree.ts';
import type { Suite } from '../guest/suites.ts';
import { removeFolder, temporaryFolder } from '../lab/host.ts';

const BOOT_MIB = 512;

/** The whole initramfs of a machine that uses LVM; this one does not. */
const DRACUT_CONF = 'hostonly=no\nadd_dracutmodules+=" lvm "\ncompress=cat\n';

/** An installed Debian in a folder, with a /boot of its own, whose commands run in a chroot. */
export class ChrootSystem {
  readonly generator: Generator;
  readonly #folder = temporaryFolder('lvmedic-chroot-');

  private constructor(generator: Generator) {
    this.generator = generator;
  }

  /** As its packages leave it; the initramfs is yet to be made. */
  static async install(suite: Suite, generator: Generator): Promise<ChrootSystem> {
    const system = new ChrootSystem(generator);
    const { folder } = await rootTree(suite, generator);
    await runIsolated(UNPACK, {
      ...{ ROOT_TAR: join(folder, 'root.tar'), FOLDER: system.#folder, DRACUT_CONF },
      ...{ BOOT_MIB: String(BOOT_MIB), BOOT_UUID, MKE2FS: MAKE_EXT4.join(' ') },
    });
    return system;
  }

  /** Where a file of it lies here; not for /boot, which is mounted only while commands run. */
  at(path: string): string {
    return join(this.#folder, 'root', path);
  }

  read(path: string): string {
    return readFileSync(this.at(path), 'utf8');
  }

  write(path: string, content: string): void {
    mkdirSync(join(this.at(path), '..'), { recursive: true });
    writeFileSync(this.at(path), content);
  }

  /**
   * Runs a shell script in it and gives what it printed, errors included. The files of this machine's folder `packages`
   * are in `/tmp/packages`.
   *
   * @throws when it fails
   */
  run(script: string, packages = ''): Promise<string> {
    return this.#run('chroot "$root" sh -euc "$SCRIPT"', script, packages);
  }

  /**
   * The same, by this machine's own tools: the system is `$root`.
   *
   * @throws when it fails
   */
  runOutside(script: string): Promise<string> {
    return this.#run('sh -euc "$SCRIPT"', script, '');
  }

  async #run(how: string, script: string, packages: string): Promise<string> {
    const output = join(this.#folder, 'output');
    await runIsolated(`${ENTER}${how} > "$OUTPUT" 2>&1 < /dev/null || { cat "$OUTPUT"; exit 1; }`, {
      ...{ FOLDER: this.#folder, SCRIPT: script, PACKAGES: packages, OUTPUT: output },
    });
    return readFileSync(output, 'utf8');
  }

  dispose(): void {
    removeFolder(this.#folder);
  }
}

/** Documents are installed here, other than in guests: what a package leaves of them would be missed. */
const UNPACK = `
mkdir "$FOLDER/root" "$FOLDER/boot"
root=$FOLDER/root
tar --numeric-owner --xattrs --xattrs-include='*' -C "$root" -xf "$ROOT_TAR"
rm -f "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap" "$root/etc/initramfs-tools/update-initramfs.conf"
rm -f "$root"/boot/initrd.img*
mv "$root"/boot/* "$FOLDER/boot"
truncate -s "\${BOOT_MIB}M" "$FOLDER/boot.ext4"
mke2fs $MKE2FS -U "$BOOT_UUID" -d "$FOLDER/boot" "$FOLDER/boot.ext4"
rm -r "$FOLDER/boot"
if [ -e "$root/usr/bin/dracut" ]; then
  mkdir -p "$root/etc/dracut.conf.d"
  printf '%s' "$DRACUT_CONF" > "$root/etc/dracut.conf.d/whole.conf"
fi
`;

const ENTER = `
export root=$FOLDER/root
mount --bind "$root" "$root"
mount -o loop "$FOLDER/boot.ext4" "$root/boot"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
if [ -n "$PACKAGES" ]; then
  mkdir "$root/tmp/packages"
  mount --bind -o ro "$PACKAGES" "$root/tmp/packages"
fi
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TMPDIR=/tmp
`;
