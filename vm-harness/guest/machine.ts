import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeFolder, temporaryFolder } from '../lab/host.ts';
import { commandLine, spawnTied } from './child.ts';
import { Console } from './console.ts';
import {
  bootCdArguments,
  DEFAULT_MEMORY_MIB,
  type Drive,
  type Firmware,
  firmwareMachineArguments,
  machineArguments,
  QEMU,
  scsiArguments,
  socketArguments,
} from './qemu.ts';
import { Qmp } from './qmp.ts';

/** Transcripts, each kept until the next run of its case. */
export const RESULTS = fileURLToPath(new URL('../../test-results/vm/', import.meta.url));

export interface KernelBoot {
  readonly kernel: string;
  readonly initrd: string;
  readonly kernelCommandLine: string;
}

/** As a real machine starts: its firmware looks for a boot loader. */
export interface FirmwareBoot {
  readonly firmware: Firmware;
  /** An ISO image; the first drive with a boot loader, when absent. */
  readonly cd?: string;
}

export type MachineOptions = CommonOptions & (KernelBoot | FirmwareBoot);

interface CommonOptions {
  /** Of the transcript. */
  readonly name: string;
  readonly drives: readonly Drive[];
  readonly memoryMiB?: number;
  /** ttyS0 alone, when absent. */
  readonly consoleCount?: number;
  readonly extraArguments?: readonly string[];
  /** Goes on from this snapshot of the drives instead of booting. */
  readonly snapshot?: string;
}

/** A running QEMU; it ends with this process at the latest. */
export interface Machine {
  readonly console: Console;
  /** ttyS0, ttyS1… */
  readonly consoles: readonly Console[];
  readonly monitor: Qmp;
  /** To start the same by hand, as long as its drives are there. */
  readonly commandLine: string;
  /** The command line, and what came to ttyS0, byte by byte. */
  readonly transcript: string;
  /** When it has ended by itself or through {@link end}. */
  readonly ended: Promise<void>;
  end(): Promise<void>;
}

const END_SECONDS = 20;

/** @throws when QEMU does not start; the message holds what it said */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  mkdirSync(RESULTS, { recursive: true });
  const folder = temporaryFolder('lvmedic-vm-');
  const names = Array.from({ length: options.consoleCount ?? 1 }, (_, n) => `ttyS${n}`);
  const sockets = [...names, 'monitor'].map((name) => join(folder, name));
  const listeners = await Promise.all(sockets.map(listen));
  const argv = argumentsOf(options, sockets.slice(0, -1), sockets.at(-1) ?? '', folder);
  const command = commandLine([QEMU, ...argv]);
  const transcripts = names.map((name, n) =>
    join(RESULTS, `${options.name}${n === 0 ? '' : `.${name}`}.log`),
  );
  for (const transcript of transcripts) writeFileSync(transcript, `${command}\n`);

  const qemu = spawnTied(QEMU, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  qemu.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise<void>((resolve) => {
    qemu.on('close', () => {
      for (const { server } of listeners) server.close();
      removeFolder(folder);
      resolve();
    });
  });
  const refused = ended.then(() => Promise.reject(new Error(`QEMU ended: ${said}\n${command}`)));
  refused.catch(() => {});
  const connected = await Promise.race([Promise.all(listeners.map(({ connection }) => connection)), refused]);
  const consoles = connected.slice(0, -1).map((socket, n) => {
    const transcript = transcripts[n] ?? '';
    const describe = () => `${command}\n${said}${transcript}`;
    return new Console(socket, (bytes) => appendFileSync(transcript, bytes), describe);
  });
  const monitor = await Promise.race([Qmp.connect(connected.at(-1) as Socket), refused]);
  let ending: Promise<void> | null = null;
  const quit = async () => {
    const timer = setTimeout(() => qemu.kill('SIGKILL'), END_SECONDS * 1000);
    await Promise.race([monitor.quit(), ended]);
    await ended;
    clearTimeout(timer);
  };
  const end = () => {
    ending ??= quit();
    return ending;
  };
  const [console] = consoles;
  if (console === undefined) throw new Error('a machine needs a console');
  return {
    console,
    consoles,
    monitor,
    commandLine: command,
    transcript: transcripts[0] ?? '',
    ended,
    end,
  };
}

function argumentsOf(
  options: MachineOptions,
  consoles: readonly string[],
  monitor: string,
  folder: string,
): string[] {
  return [
    ...bootArguments(options, folder),
    ...socketArguments(consoles, monitor),
    ...scsiArguments(options.drives),
    ...(options.extraArguments ?? []),
    ...(options.snapshot === undefined ? [] : ['-loadvm', options.snapshot]),
  ];
}

function bootArguments(options: MachineOptions, folder: string): string[] {
  const memoryMiB = options.memoryMiB ?? DEFAULT_MEMORY_MIB;
  if ('firmware' in options) {
    return [
      ...firmwareMachineArguments(options.firmware, memoryMiB, join(folder, 'variables.fd')),
      ...(options.cd === undefined ? [] : bootCdArguments(options.cd)),
    ];
  }
  const { kernel, initrd, kernelCommandLine } = options;
  return [
    ...machineArguments(memoryMiB),
    ...['-kernel', kernel, '-initrd', initrd, '-append', kernelCommandLine],
  ];
}

interface Listener {
  readonly server: Server;
  readonly connection: Promise<Socket>;
}

function listen(path: string): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    const connection = new Promise<Socket>((connected) => server.once('connection', connected));
    server.once('error', reject).listen(path, () => resolve({ server, connection }));
  });
}
