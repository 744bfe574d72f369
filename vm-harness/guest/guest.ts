import { appendFileSync, copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labUnavailable, removeFolder, run, temporaryFolder } from '../lab/host.ts';
import type { Console, Patience } from './console.ts';
import { type GuestWorld, layProgramInBoot } from './guest-world.ts';
import { guestInitrd } from './initrd.ts';
import { type Machine, type MachineOptions, startMachine } from './machine.ts';
import { type GuestReport, waitForReport } from './marker.ts';
import { outputOf } from './output-of.ts';
import { type Drive, QEMU } from './qemu.ts';
import type { Flavour, Mode } from './suites.ts';

export interface GuestOptions {
  /** Of the transcript in test-results/vm. */
  readonly name: string;
  readonly world: GuestWorld;
  readonly flavour: Flavour;
  /** `none`, when absent. `hook` and `embed` need a world with the package installed. */
  readonly mode?: Mode;
  /** The second archive of mode `append`. */
  readonly appendedArchive?: string;
  /** `open`, when absent: root has no password. */
  readonly rootAccount?: 'open' | 'locked';
  /** Come after root, console and the like. */
  readonly kernelArguments?: readonly string[];
  readonly memoryMiB?: number;
  readonly consoleCount?: number;
  /** Further drives: sdc… */
  readonly drives?: readonly Drive[];
  readonly extraArguments?: readonly string[];
}

/** A restored VM that was switched on. */
export interface Guest {
  readonly machine: Machine;
  readonly console: Console;
  /** Waits until the system is up, and gives what it says of itself. */
  report(patience?: Patience): Promise<GuestReport>;
  /**
   * Keeps its present state and ends it; any number of guests can go on from there. Their consoles begin with
   * `screen`, as if it had just come.
   */
  save(screen: string): Promise<SavedGuest>;
  end(): Promise<void>;
}

export interface SavedGuest {
  /** A guest in the saved state, with disks of its own. */
  start(name: string): Promise<Guest>;
}

/**
 * Without randomised addresses: QEMU keeps translated code by physical page and virtual address, so thousands of
 * processes at addresses of their own leave pages that later take minutes to be cleared, seen as soft lockups and
 * timed-out devices behind the switch of root.
 */
export const KERNEL_ARGUMENTS = [
  ...['root=/dev/mapper/vm1--vg-root', 'ro', 'norandmaps', 'mitigations=off', 'quiet', 'console=ttyS0'],
];
const SNAPSHOT = 'saved';
const ARCHIVE_ALIGNMENT_BYTES = 512;
const TOOLS = [QEMU, 'qemu-img', 'mmdebstrap', 'dpkg-deb', 'setpriv', 'unshare', 'debugfs'];

/** Whether guests with an installed system can run here; the reason when they cannot. */
export function guestUnavailable(): string | null {
  for (const tool of TOOLS) {
    if (outputOf('sh', ['-c', `command -v ${tool}`]) === null) return `needs ${tool}`;
  }
  return labUnavailable();
}

/** Switches a VM on. The world's disks keep their bytes: the guest writes to layers above them. */
export async function startGuest(options: GuestOptions): Promise<Guest> {
  const folder = temporaryFolder('lvmedic-guest-');
  const { world } = options;
  if (options.mode === 'hook') layProgramInBoot(world);
  const kernel = readdirSync(world.bootFolder).find((file) => file.startsWith('vmlinuz-')) ?? '';
  world.lab.detach();
  const disks = layeredDisks(world, folder);
  const machine: MachineOptions = {
    name: options.name,
    kernel: join(world.bootFolder, kernel),
    initrd: await initrdOf(options, folder),
    kernelCommandLine: [...KERNEL_ARGUMENTS, ...(options.kernelArguments ?? [])].join(' '),
    drives: [...disks, ...(options.drives ?? [])],
    ...(options.memoryMiB === undefined ? {} : { memoryMiB: options.memoryMiB }),
    ...(options.consoleCount === undefined ? {} : { consoleCount: options.consoleCount }),
    ...(options.extraArguments === undefined ? {} : { extraArguments: options.extraArguments }),
  };
  return start(machine, folder);
}

/** The world's disks, to be written to in layers above them that lie in `folder`. */
export function layeredDisks({ lab }: GuestWorld, folder: string): Drive[] {
  return lab.present().map((name): Drive => {
    const file = join(folder, `${name}.qcow2`);
    run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', lab.image(name), '-F', 'raw', file]);
    return { name, file, format: 'qcow2' };
  });
}

async function initrdOf(options: GuestOptions, folder: string): Promise<string> {
  const { world, flavour, mode = 'none', rootAccount = 'open', appendedArchive } = options;
  const isInstalled = mode === 'hook' || mode === 'embed';
  if (isInstalled !== (world.deb !== null))
    throw new Error(`mode ${mode} and the world's package do not fit`);
  const lvmedic = isInstalled && world.deb !== null ? { deb: world.deb, mode } : null;
  const made = await guestInitrd({ suite: world.suite, flavour, lvmedic, rootAccount });
  const initrd = join(made.folder, 'initrd.img');
  if ((mode === 'append') !== (appendedArchive !== undefined)) {
    throw new Error('mode append needs an archive, the others none');
  }
  if (appendedArchive === undefined) return initrd;
  const joined = join(folder, 'initrd.img');
  copyFileSync(initrd, joined);
  run('truncate', ['-s', `%${ARCHIVE_ALIGNMENT_BYTES}`, joined]);
  appendFileSync(joined, readFileSync(appendedArchive));
  return joined;
}

/** `folder` holds the disks, and goes when the machine has ended, unless it was saved. */
async function start(options: MachineOptions, folder: string): Promise<Guest> {
  const machine = await startMachine(options);
  let isSaved = false;
  machine.ended.then(() => {
    if (!isSaved) removeFolder(folder);
  });
  return {
    machine,
    console: machine.console,
    report: (patience) => waitForReport(machine.console, patience),
    end: () => machine.end(),
    save: async (screen) => {
      isSaved = true;
      await machine.monitor.saveSnapshot(SNAPSHOT);
      await machine.end();
      return { start: (name) => restart({ ...options, name, snapshot: SNAPSHOT }, folder, screen) };
    },
  };
}

async function restart(saved: MachineOptions, from: string, screen: string): Promise<Guest> {
  const folder = temporaryFolder('lvmedic-guest-');
  const drives = saved.drives.map((drive) => {
    if (!drive.file.startsWith(from)) return drive;
    const file = join(folder, `${drive.name}.qcow2`);
    run('cp', ['--sparse=always', drive.file, file]);
    return { ...drive, file };
  });
  const guest = await start({ ...saved, drives }, folder);
  guest.console.text = screen;
  return guest;
}
