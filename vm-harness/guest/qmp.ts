import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';

interface Answer {
  readonly id?: number;
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

/** The monitor of one QEMU (docs/interop/qmp-spec of QEMU). */
export class Qmp {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #lastId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // A connection that QEMU's end cuts short is closed too, and that is what counts.
    socket.on('error', () => {});
    createInterface(socket)
      .on('line', (line) => this.#take(JSON.parse(line) as Answer))
      .on('error', () => {});
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('QEMU has ended'));
      this.#waiting.clear();
    });
  }

  static async connect(socket: Socket): Promise<Qmp> {
    const qmp = new Qmp(socket);
    await qmp.execute('qmp_capabilities');
    return qmp;
  }

  /** @throws when QEMU refuses, or ends before it answers */
  execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  /** Saves memory and disks, all of which must be qcow2. The guest goes on afterwards. */
  async saveSnapshot(name: string): Promise<void> {
    // savevm has no QMP command of its own that waits; its person's form says what is wrong, or nothing.
    const said = await this.execute('human-monitor-command', { 'command-line': `savevm ${name}` });
    if (said !== '') throw new Error(`savevm: ${String(said).trim()}`);
  }

  /** Pulls the plug; QEMU closes its images. */
  async quit(): Promise<void> {
    await this.execute('quit').catch(() => {});
  }

  /** The reset button: with `-no-reboot` the machine ends. */
  async reset(): Promise<void> {
    await this.execute('system_reset');
  }

  #take(answer: Answer): void {
    // The greeting and events have no id.
    const waiting = this.#waiting.get(answer.id ?? -1);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id ?? -1);
    if (answer.error) waiting.reject(new Error(answer.error.desc));
    else waiting.resolve(answer.return);
  }
}
