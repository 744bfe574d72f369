import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labUnavailable } from '../lab/host.ts';
import { commandLine, spawnTied } from './child.ts';
import type { CpioEntry } from './cpio.ts';
import { hostPrograms, initramfs } from './initramfs.ts';
import { type GuestKernel, guestKernel } from './kernel.ts';
import { RESULTS } from './machine.ts';
import { outputOf } from './output-of.ts';
import { DEFAULT_MEMORY_MIB, machineArguments, QEMU } from './qemu.ts';

/** What a guest without installed system is to do, once. It has device-mapper, whatever the host has. */
export interface OneShot {
  /** Of the files in test-results/vm that keep the transcript and, after a failure, the initramfs. */
  readonly name: string;
  /** Raw images; written in place. The guest sees them as /dev/vda… and as /dev/disk/by-id/virtio-NAME. */
  readonly disks: readonly { readonly name: string; readonly image: string }[];
  /** Further files of its root filesystem, lvmedic for one. */
  readonly files?: readonly CpioEntry[];
  /**
   * For busybox's sh. `step NAME COMMAND [ARGUMENT…]` runs a command whose exit status and output are wanted apart;
   * its status is in `$step_status` afterwards, and the script goes on.
   */
  readonly script: string;
  readonly memoryMiB?: number;
  readonly timeoutSeconds?: number;
  /** This machine's own, when absent. */
  readonly platform?: OneShotPlatform;
}

/** A kind of machine, and what runs on it. */
export interface OneShotPlatform {
  readonly qemu: string;
  readonly machineArguments: (memoryMiB: number) => string[];
  /** The first serial line, as the kernel calls it. */
  readonly serial: string;
  readonly kernel: GuestKernel;
  readonly programs: readonly CpioEntry[];
}

export interface GuestStep {
  readonly status: number;
  /** What it printed, errors included. */
  readonly output: string;
}

export interface GuestRun {
  /** Of the script. */
  readonly status: number;
  /** All that appeared on the console. */
  readonly output: string;
  readonly steps: ReadonlyMap<string, GuestStep>;
  /** The file that keeps the command line and the console's output. */
  readonly transcript: string;
}

/** A guest here takes half a minute; a busy machine without hardware virtualisation, several times that. */
const TIMEOUT_SECONDS = 300;
/** Only the kernel's last words: others could come between those of a program. */
const KERNEL_ARGUMENTS = 'quiet loglevel=2 panic=-1 mitigations=off';
/** The firmware clears the screen. */
const TERMINAL_CONTROL = /\x1b(c|\[[0-9;?]*[A-Za-z])/g;

/** Whether guests can run here at all; the reason when they cannot. */
export function guestUnavailable(): string | null {
  for (const tool of [QEMU, 'busybox', 'apt-get', 'dpkg-deb', 'setpriv']) {
    if (outputOf('sh', ['-c', `command -v ${tool}`]) === null) return `needs ${tool}`;
  }
  return labUnavailable();
}

/**
 * Boots a kernel with lvm in its initramfs, runs the script as root and waits for the guest's end.
 *
 * @throws when the script did not come to its end, be it for a crash of the guest or for lack of time; the message
 * holds the command line of QEMU and the end of the console's output
 */
export async function runOneShot(guest: OneShot): Promise<GuestRun> {
  const platform = guest.platform ?? hostPlatform();
  const marker = `guest-${randomBytes(6).toString('hex')}:`;
  const timeoutSeconds = guest.timeoutSeconds ?? TIMEOUT_SECONDS;
  const payload = { path: 'payload', content: `${stepFunction(marker)}\n${guest.script}\n` };
  const initrd = join(RESULTS, `${guest.name}.initrd`);
  const transcript = join(RESULTS, `${guest.name}.log`);
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(
    initrd,
    initramfs(
      platform.kernel,
      lastWords(marker, timeoutSeconds),
      [payload, ...(guest.files ?? [])],
      platform.programs,
    ),
  );
  const argv = qemuArguments(guest, platform, initrd);
  const { output, ended } = await boot(platform.qemu, argv, timeoutSeconds);
  const command = commandLine([platform.qemu, ...argv]);
  writeFileSync(transcript, `${command}\n${output}`);
  const status = new RegExp(`^${marker} exit (\\d+)$`, 'm').exec(output)?.[1];
  if (status === undefined) {
    const end = output.split('\n').slice(-40).join('\n');
    throw new Error(`${ended} before the guest's script did\n${command}\n${transcript}:\n…${end}`);
  }
  rmSync(initrd);
  return { status: Number(status), output, steps: stepsOf(output, marker), transcript };
}

function stepFunction(marker: string): string {
  return `
step() {
  step_name=$1
  shift
  echo '${marker}' "begin $step_name"
  "$@" </dev/null 2>&1
  step_status=$?
  printf '\\n%s end %s %s\\n' '${marker}' "$step_name" "$step_status"
}`;
}

/** The guest ends itself too: it must not outlive a host process that was killed. */
function lastWords(marker: string, timeoutSeconds: number): string {
  return `
(sleep ${timeoutSeconds}; echo b > /proc/sysrq-trigger) &
sh /payload </dev/null
printf '\\n%s exit %s\\n' '${marker}' "$?"
sync
reboot -f
`;
}

function hostPlatform(): OneShotPlatform {
  return { qemu: QEMU, machineArguments, serial: 'ttyS0', kernel: guestKernel(), programs: hostPrograms() };
}

function qemuArguments(guest: OneShot, platform: OneShotPlatform, initrd: string): string[] {
  const { machineArguments, serial, kernel } = platform;
  const disks = guest.disks.flatMap(({ name, image }, index) => [
    '-blockdev',
    JSON.stringify({
      driver: 'raw',
      'node-name': `disk${index}`,
      file: { driver: 'file', filename: image },
    }),
    '-device',
    `virtio-blk-pci,drive=disk${index},serial=${name}`,
  ]);
  return [
    ...machineArguments(guest.memoryMiB ?? DEFAULT_MEMORY_MIB),
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ...['-kernel', kernel.image, '-initrd', initrd, '-append', `console=${serial} ${KERNEL_ARGUMENTS}`],
    ...disks,
  ];
}

/** Runs QEMU to its end, or ends it. `ended` says in words how it came. */
function boot(
  program: string,
  argv: readonly string[],
  timeoutSeconds: number,
): Promise<{ readonly output: string; readonly ended: string }> {
  return new Promise((resolve, reject) => {
    const qemu = spawnTied(program, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      qemu.kill('SIGKILL');
    }, timeoutSeconds * 1000);
    for (const stream of [qemu.stdout, qemu.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text.replaceAll('\r', '');
      });
    }
    qemu.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    qemu.on('close', (code, signal) => {
      clearTimeout(timer);
      output = output.replace(TERMINAL_CONTROL, '');
      const ended = isLate ? `${timeoutSeconds} s ended` : `QEMU ended (${code ?? signal})`;
      resolve({ output, ended });
    });
  });
}

function stepsOf(output: string, marker: string): Map<string, GuestStep> {
  const steps = new Map<string, GuestStep>();
  const each = new RegExp(`^${marker} begin (\\S+)\\n([^]*?)\\n${marker} end \\1 (\\d+)$`, 'gm');
  for (const [, name = '', said = '', status] of output.matchAll(each)) {
    steps.set(name, { status: Number(status), output: said });
  }
  return steps;
}
