import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { MIB, run } from '../lab/host.ts';
import { writeBytes } from '../lab/ondisk.ts';
import { makeBootPartition } from './boot-partition.ts';
import { type Guest, type GuestOptions, KERNEL_ARGUMENTS, layeredDisks } from './guest.ts';
import type { GuestWorld } from './guest-world.ts';
import { guestInitrd } from './initrd.ts';
import { BOOT_START_MIB, BOOT_UUID } from './layout.ts';
import { type Machine, type MachineOptions, startMachine } from './machine.ts';
import { waitForReport } from './marker.ts';
import type { Drive, Firmware } from './qemu.ts';

/** How a restored machine is switched on with the rescue image in its drive. */
export interface RescueBoot {
  readonly firmware: Firmware;
  /** A further disk labelled LVMEDIC, for logs and undo records; none, when absent. */
  readonly medium?: 'ext4' | 'vfat';
}

/** A machine that the rescue image runs on. */
export interface RescuedGuest extends Guest {
  /** Takes the CD out and switches the same machine on again, when it has ended. */
  startItself(): Promise<Guest>;
  /** Content of a file on the medium, when the machine has ended; `*` stands for one name. */
  onMedium(path: string): string;
}

export function isRescued(guest: Guest): guest is RescuedGuest {
  return 'startItself' in guest;
}

const MEDIUM_MIB = 64;

/** Boots the image with the world's disks attached. Its own kernel, initramfs and GRUB configuration lie in its /boot. */
export async function startRescue(
  options: GuestOptions,
  { firmware, medium }: RescueBoot,
  iso: string,
): Promise<RescuedGuest> {
  const { world, name, memoryMiB, flavour } = options;
  const own = await ownBoot(world, flavour);
  layInBoot(world, own);
  world.lab.detach();
  // Goes with the world, so that the machine can be started again.
  const folder = join(world.lab.dir, 'rescue');
  mkdirSync(folder);
  const disks = layeredDisks(world, folder);
  const stick = medium === undefined ? null : makeMedium(folder, medium);
  const common = { drives: disks, ...(memoryMiB === undefined ? {} : { memoryMiB }) };
  const rescue = await startMachine({
    ...{ ...common, name, firmware, cd: iso, drives: [...disks, ...(stick === null ? [] : [stick])] },
    ...(options.extraArguments === undefined ? {} : { extraArguments: options.extraArguments }),
  });
  return {
    ...guestOf(rescue),
    startItself: async () => {
      await rescue.end();
      const { kernel, initrd } = own;
      const machine: MachineOptions = {
        ...common,
        name: `${name}-itself`,
        kernel,
        initrd,
        kernelCommandLine,
      };
      return guestOf(await startMachine(machine));
    },
    onMedium: (path) => readMedium(stick, path, folder),
  };
}

/** No login there: its words could come between those of the marker. */
const kernelCommandLine = [...KERNEL_ARGUMENTS, 'systemd.getty_auto=no'].join(' ');

function guestOf(machine: Machine): Guest {
  return {
    machine,
    console: machine.console,
    report: (patience) => waitForReport(machine.console, patience),
    end: () => machine.end(),
    save: () => Promise.reject(new Error('UEFI variables and CDs cannot be kept in a snapshot')),
  };
}

interface OwnBoot {
  readonly kernel: string;
  readonly initrd: string;
}

async function ownBoot(world: GuestWorld, flavour: GuestOptions['flavour']): Promise<OwnBoot> {
  const made = await guestInitrd({ suite: world.suite, flavour, lvmedic: null, rootAccount: 'open' });
  const kernel = readdirSync(world.bootFolder).find((file) => file.startsWith('vmlinuz-')) ?? '';
  return { kernel: join(world.bootFolder, kernel), initrd: join(made.folder, 'initrd.img') };
}

/** What an installed Debian has in /boot. */
function layInBoot(world: GuestWorld, { kernel, initrd }: OwnBoot): void {
  const folder = join(world.lab.dir, 'own-boot');
  const release = kernel.replace(/^.*vmlinuz-/, '');
  cpSync(world.bootFolder, folder, { recursive: true });
  copyFileSync(initrd, join(folder, `initrd.img-${release}`));
  mkdirSync(join(folder, 'grub'));
  writeFileSync(join(folder, 'grub/grub.cfg'), grubConfiguration(release));
  const image = join(world.lab.dir, 'own-boot.img');
  makeBootPartition(image, folder, null);
  writeBytes(world.lab.image('d1'), BOOT_START_MIB * MIB, readFileSync(image));
  rmSync(image);
  rmSync(folder, { recursive: true });
}

/** As grub-mkconfig 2.06 writes it, but for the entries of other kernels. */
const grubConfiguration = (release: string): string => `set default="0"
menuentry 'Debian GNU/Linux' --class debian --class gnu-linux --class os $menuentry_id_option 'gnulinux-simple' {
	load_video
	insmod gzio
	if [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi
	insmod part_gpt
	insmod ext2
	search --no-floppy --fs-uuid --set=root ${BOOT_UUID}
	echo	'Loading Linux ${release} ...'
	linux	/vmlinuz-${release} ${kernelCommandLine}
	echo	'Loading initial ramdisk ...'
	initrd	/initrd.img-${release}
}
`;

function makeMedium(folder: string, type: 'ext4' | 'vfat'): Drive {
  const file = join(folder, 'medium.img');
  writeFileSync(file, '');
  run('truncate', ['-s', `${MEDIUM_MIB}M`, file]);
  if (type === 'ext4') run('mke2fs', ['-q', '-t', 'ext4', '-L', 'LVMEDIC', file]);
  else run('mkfs.vfat', ['-n', 'LVMEDIC', file]);
  return { name: 'medium', file, format: 'raw' };
}

/** Without mounting it: not every kernel that runs this knows vfat. */
function readMedium(stick: Drive | null, path: string, folder: string): string {
  if (stick === null) throw new Error('this machine has no medium');
  const copy = join(folder, 'from-medium');
  if (!existsSync(copy)) {
    mkdirSync(copy);
    const isVfat = run('blkid', ['-p', '-o', 'value', '-s', 'TYPE', stick.file]).trim() === 'vfat';
    if (isVfat) run('mcopy', ['-s', '-i', stick.file, '::/lvmedic', copy]);
    else run('debugfs', ['-R', `rdump /lvmedic ${copy}`, stick.file]);
  }
  const [found] = globSync(path, { cwd: copy });
  if (found === undefined) throw new Error(`${path} is not on the medium`);
  return readFileSync(join(copy, found), 'utf8');
}
