import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cached, cached } from '../../vm-harness/guest/cache.ts';
import { runIsolated } from '../../vm-harness/guest/child.ts';
import { cpio } from '../../vm-harness/guest/cpio.ts';
import { chooseModules, loadOrder } from './modules.ts';
import { systemTree, toolsTree } from './packages.ts';

/**
 * Nothing in the rescue system runs them. All files of these packages go, and they are not in the manifest; what is left
 * must find its libraries, or the build ends.
 */
const REMOVED = [
  ...['apt', 'dpkg', 'debconf', 'ucf', 'debian-archive-keyring', 'gpgv', 'sqv', 'adduser', 'base-passwd'],
  ...['init-system-helpers', 'runit-helper', 'sensible-utils', 'tzdata', 'media-types', 'ncurses-bin'],
  ...['libpam-runtime', 'perl-base', '/^python/', '/^dmeventd$/'],
  '/^lib(apt-pkg|python|icu|glib2|ffi|expat|debconf|text-)/',
];
/** Of packages that stay: what runs by itself, what needs something removed, and what only a package manager reads. */
const REMOVED_FILES = [
  ...['etc/apt', 'etc/cron.d', 'etc/cron.daily', 'etc/cron.weekly', 'etc/init.d', 'etc/systemd'],
  ...['etc/machine-id', 'etc/mdadm/mdadm.conf', 'etc/ssh/ssh_host_*', 'usr/lib/systemd/system'],
  ...['usr/lib/systemd/user', 'usr/lib/python3', 'usr/lib/x86_64-linux-gnu/systemd/libsystemd-core-*'],
  ...['usr/sbin/xfs_scrub', 'usr/sbin/xfs_scrub_all', 'usr/share/initramfs-tools'],
  ...['usr/share/mdadm/checkarray', 'var/cache', 'var/lib/apt', 'var/lib/dpkg', 'var/log'],
];
/** They would activate, assemble or mount what appears. */
const REMOVED_RULES = [
  '69-lvm.rules',
  '64-md-raid-assembly.rules',
  '69-md-clustered-confirm-device.rules',
  '96-e2scrub.rules',
];
/** Before the rescue system's root is there. */
const EARLY_MODULES = ['loop', 'squashfs', 'overlay'];

/**
 * What of the image depends on Debian's packages alone: `vmlinuz`, `debian.img` (an initramfs with the root of the rescue
 * system in it), `bios.img` and `hybrid.img` (GRUB for BIOS), `efi.img` (a FAT with shim and GRUB), `packages`.
 */
export async function debianPart(): Promise<Cached> {
  const system = await systemTree();
  const tools = await toolsTree();
  const key = [system.id, tools.id, COMPOSE, FIND_MODULES, readFileSync(import.meta.filename, 'utf8')];
  key.push(readFileSync(new URL('modules.ts', import.meta.url), 'utf8'));
  return cached('iso-debian', key, async (folder) => {
    const work = join(folder, 'work');
    const environment = {
      ...{ WORK: work, TO: folder },
      ...{ SYSTEM_TAR: join(system.folder, 'system.tar'), TOOLS_TAR: join(tools.folder, 'tools.tar') },
    };
    await runIsolated(FIND_MODULES, environment);
    const dependencies = readFileSync(join(work, 'modules.dep'), 'utf8');
    const early = loadOrder(dependencies, EARLY_MODULES);
    const list = (name: string, lines: readonly string[]) =>
      writeFileSync(join(work, name), lines.map((line) => `${line}\n`).join(''));
    list('modules', chooseModules(dependencies));
    list('early', early);
    list('removed', REMOVED);
    await runIsolated(COMPOSE, {
      ...environment,
      FILES: REMOVED_FILES.join(' '),
      RULES: REMOVED_RULES.join(' '),
    });
    const names = early.map((file) => (file.split('/').at(-1) ?? '').replace(/\.xz$/, ''));
    const archive = cpio([
      { path: 'bin/busybox', content: readFileSync(join(work, 'busybox')), executable: true },
      ...names.map((name) => ({
        path: `modules/${name}`,
        content: readFileSync(join(work, 'early-modules', name)),
      })),
      { path: 'modules/order', content: names.join('\n') },
      { path: 'debian.squashfs', content: readFileSync(join(work, 'debian.squashfs')) },
    ]);
    writeFileSync(join(folder, 'debian.img'), archive);
    rmSync(work, { recursive: true });
  });
}

const FIND_MODULES = `
mkdir -p "$WORK/tools"
tar -C "$WORK/tools" -xf "$TOOLS_TAR"
kernel=$(ls "$WORK/tools/usr/lib/modules")
chroot "$WORK/tools" depmod "$kernel"
cp "$WORK/tools/usr/lib/modules/$kernel/modules.dep" "$WORK/modules.dep"
`;

const COMPOSE = `
tools=$WORK/tools
root=$WORK/root
kernel=$(ls "$tools/usr/lib/modules")
export SOURCE_DATE_EPOCH=$(stat -c %Y "$tools/boot/vmlinuz-$kernel")
mkdir "$root"
tar -C "$root" --exclude='./dev/*' -xf "$SYSTEM_TAR"

# The packages whose files stay, before their list goes.
dpkg-query --admindir="$root/var/lib/dpkg" -W -f '\${Package}\\n' >"$WORK/all"
while read -r name; do
  case $name in
    /*/) pattern=\${name#/} && grep -E "\${pattern%/}" "$WORK/all" ;;
    *) grep -Fx "$name" "$WORK/all" || true ;;
  esac
done <"$WORK/removed" | sort -u >"$WORK/go"
dpkg-query --admindir="$root/var/lib/dpkg" -W \\
  -f '\${Package}\\t\${Version}\\t\${source:Package}\\t\${source:Version}\\tusr/share/doc/\${Package}/copyright\\n' >"$WORK/installed"
awk -F '\\t' 'NR == FNR { go[$1]; next } !($1 in go)' "$WORK/go" "$WORK/installed" >"$WORK/stay"
awk -v OFS='\\t' '
  function put() { if (p != "") print p, v, (s == "" ? p : s), (sv == "" ? v : sv), "usr/share/doc/" p "/copyright"; p = s = sv = "" }
  /^Package: / { put(); p = $2 }
  /^Version: / { v = $2 }
  /^Source: / { s = $2; sv = $3; gsub(/[()]/, "", sv) }
  END { put() }
' "$tools/shipped" >>"$WORK/stay"
sort -u "$WORK/stay" >"$TO/packages"

# A file that a package which stays has too is kept.
while read -r name; do
  ls "$root/var/lib/dpkg/info/$name.list" "$root/var/lib/dpkg/info/$name:amd64.list" 2>/dev/null || true
done <"$WORK/go" | xargs cat | sort -u >"$WORK/go-files"
cut -f 1 "$WORK/stay" | while read -r name; do
  ls "$root/var/lib/dpkg/info/$name.list" "$root/var/lib/dpkg/info/$name:amd64.list" 2>/dev/null || true
done | xargs cat | sort -u >"$WORK/stay-files"
comm -23 "$WORK/go-files" "$WORK/stay-files" | while read -r file; do
    [ -d "$root$file" ] && [ ! -L "$root$file" ] || rm -f "$root$file"
  done
for file in $FILES; do rm -rf "$root"/$file; done
for rule in $RULES; do rm "$root/usr/lib/udev/rules.d/$rule"; done
mkdir -p "$root/var/log" "$root/var/cache" "$root/var/lib" "$root/run" "$root/boot"
rm -rf "$root/boot"/* "$root/run"/*

modules=usr/lib/modules/$kernel
while read -r file; do
  mkdir -p "$root/$modules/\${file%/*}"
  cp "$tools/$modules/$file" "$root/$modules/$file"
done <"$WORK/modules"
find "$root/$modules" -name '*.ko.xz' -exec xz -d {} +
cp "$tools/$modules/modules.builtin" "$tools/$modules/modules.builtin.modinfo" "$tools/$modules/modules.order" "$root/$modules/"
chroot "$root" depmod "$kernel"
mkdir "$WORK/early-modules"
while read -r file; do
  name=\${file##*/}
  xz -dc "$tools/$modules/$file" >"$WORK/early-modules/\${name%.xz}"
done <"$WORK/early"

cp "$root/usr/bin/busybox" "$WORK/busybox"
for applet in init halt poweroff reboot; do ln -sf ../bin/busybox "$root/usr/sbin/$applet"; done
for applet in vi ping nc wget telnet killall lsscsi microcom resize clear reset; do
  [ -e "$root/usr/bin/$applet" ] || ln -s busybox "$root/usr/bin/$applet"
done
for name in $(cut -f 1 "$TO/packages"); do
  doc=usr/share/doc/$name
  # The one of grub-pc-bin is a link to it.
  case $name in grub-*) from=grub-common ;; *) from=$name ;; esac
  if [ ! -e "$root/$doc/copyright" ]; then
    mkdir -p "$root/$doc"
    cp "$tools/usr/share/doc/$from/copyright" "$root/$doc/"
  fi
done
mkdir -p "$root/usr/share/doc/lvmedic-rescue"
cp "$TO/packages" "$root/usr/share/doc/lvmedic-rescue/packages"
passwd=$(sed 's/^root:[^:]*:/root:*:/' "$root/etc/shadow") && printf '%s\\n' "$passwd" >"$root/etc/shadow"
rm -f "$root"/etc/*- "$root/etc/fstab" "$root/etc/resolv.conf" "$root/etc/hostname"
ln -s /proc/self/mounts "$root/etc/mtab.new" && mv -f "$root/etc/mtab.new" "$root/etc/mtab"
chroot "$root" ldconfig
rm -f "$root/var/cache/ldconfig/aux-cache"

# Whatever was removed: each program that stays finds its libraries.
missing=$(find "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib/openssh" "$root/usr/lib/udev" "$root/usr/lib/systemd" \\
  "$root/usr/lib/x86_64-linux-gnu" -type f ! -name '*.a' | sed "s|^$root||" | while read -r file; do
    chroot "$root" ldd "$file" 2>/dev/null | grep 'not found' | sed "s|^|$file: |" || true
  done)
[ -z "$missing" ] || { echo "libraries are missing:"; echo "$missing"; exit 1; } >&2

mkdir "$tools/mnt" || true
mount --bind "$WORK" "$tools/mnt"
chroot "$tools" mksquashfs /mnt/root /mnt/debian.squashfs -comp zstd -Xcompression-level 19 -b 256K -noappend \\
  -no-progress -no-exports -no-xattrs -quiet >&2

cp "$tools/boot/vmlinuz-$kernel" "$TO/vmlinuz"
cp "$tools/usr/lib/grub/i386-pc/boot_hybrid.img" "$TO/hybrid.img"
cat >"$WORK/early.cfg" <<'CFG'
search --no-floppy --file --set=root /.disk/lvmedic-rescue
set prefix=($root)/boot/grub
CFG
chroot "$tools" grub-mkimage -O i386-pc -p /boot/grub -c /mnt/early.cfg -o /mnt/core.img biosdisk iso9660 part_msdos \\
  part_gpt normal linux chain serial terminal regexp search search_fs_file search_label test echo configfile reboot \\
  halt ls cat minicmd help boot sleep true
cat "$tools/usr/lib/grub/i386-pc/cdboot.img" "$WORK/core.img" >"$TO/bios.img"

mkdir -p "$WORK/efi/EFI/BOOT"
cp "$tools/usr/lib/shim/shimx64.efi.signed" "$WORK/efi/EFI/BOOT/BOOTX64.EFI"
cp "$tools/usr/lib/shim/mmx64.efi.signed" "$WORK/efi/EFI/BOOT/mmx64.efi"
cp "$tools/usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed" "$WORK/efi/EFI/BOOT/grubx64.efi"
find "$WORK/efi" -exec touch -d "@$SOURCE_DATE_EPOCH" {} +
truncate -s 6M "$WORK/efi.img"
chroot "$tools" mformat -i /mnt/efi.img -N 6c766d65 -v LVMEDIC_EFI ::
chroot "$tools" mcopy -s -m -i /mnt/efi.img /mnt/efi/EFI ::/
cp "$WORK/efi.img" "$TO/efi.img"
cp -a "$WORK/efi" "$TO/efi"
`;
