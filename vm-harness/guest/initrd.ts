import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeBootPartition } from './boot-partition.ts';
import { type Cached, cached } from './cache.ts';
import { runIsolated } from './child.ts';
import { type Deb, PROGRAM, programKey } from './deb.ts';
import { guestDisks } from './disks.ts';
import { type Flavour, initramfsCommand, type Suite } from './suites.ts';

export interface InitrdOptions {
  readonly suite: Suite;
  readonly flavour: Flavour;
  /** What the package makes of itself; without a package there is nothing of lvmedic in it. */
  readonly lvmedic: { readonly deb: Deb; readonly mode: 'hook' | 'embed' } | null;
  /** Whether root can log in at an emergency shell: without a password, or not at all. */
  readonly rootAccount: 'open' | 'locked';
}

/**
 * An initramfs as the distribution's own tool makes it in the installed system, `initrd.img`, with /boot mounted and
 * the package configured for its mode. In mode `hook` the program itself takes no part in it.
 */
export async function guestInitrd({ suite, flavour, lvmedic, rootAccount }: InitrdOptions): Promise<Cached> {
  const system = await guestDisks(suite, lvmedic?.deb ?? null);
  const mode = lvmedic?.mode ?? 'none';
  const command = initramfsCommand(flavour, '"$KERNEL"', '/new-initrd.img');
  const program = lvmedic?.mode === 'embed' ? programKey(lvmedic.deb) : '';
  const name = ['initrd', suite, flavour, mode, ...(rootAccount === 'locked' ? ['locked'] : [])].join('-');
  return cached(name, [system.id, command, MAKE, program], async (folder) => {
    const work = join(folder, 'work');
    const boot = join(folder, 'boot.ext4');
    makeBootPartition(boot, join(system.folder, 'boot'), null);
    try {
      await runIsolated(MAKE, {
        ...{ SYSTEM: join(system.folder, 'root.ext4'), BOOT: boot, WORK: work, TO: folder },
        ...{ MODE: mode, ACCOUNT: rootAccount, COMMAND: command },
        ...{ PROGRAM, DEB_TREE: lvmedic?.deb.tree ?? '' },
      });
    } finally {
      rmSync(work, { recursive: true, force: true });
      rmSync(boot, { force: true });
    }
  });
}

/** The system stays as it is: what is written to it goes to a layer that is thrown away. */
const MAKE = `
mkdir -p "$WORK/system" "$WORK/upper" "$WORK/work" "$WORK/root"
root=$WORK/root
mount -o loop,ro "$SYSTEM" "$WORK/system"
mount -t overlay -o "lowerdir=$WORK/system,upperdir=$WORK/upper,workdir=$WORK/work" overlay "$root"
mount -o loop "$BOOT" "$root/boot"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
[ "$ACCOUNT" = open ] || sed -i 's/^root:[^:]*:/root:!*:/' "$root/etc/shadow"
if [ "$MODE" != none ]; then
  rm -f "$root/$PROGRAM"
  cp "$DEB_TREE/$PROGRAM" "$root/$PROGRAM"
  echo "MODE=$MODE" > "$root/etc/lvmedic.conf"
fi
export KERNEL="$(ls "$root/lib/modules")"
chroot "$root" sh -euc "$COMMAND" > "$TO/log" 2>&1 || { cat "$TO/log"; exit 1; }
mv "$root/new-initrd.img" "$TO/initrd.img"
ls -lR "$root/boot" >> "$TO/log"
`;
