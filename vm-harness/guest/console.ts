import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';

export interface ShellResult {
  readonly status: number;
  /** What it printed, errors included, and whatever else came to the console meanwhile. */
  readonly output: string;
}

export interface Patience {
  readonly seconds?: number;
}

/** A busy machine without hardware virtualisation is slow. */
const PATIENCE_SECONDS = 180;
const SHOWN_LINES = 40;
/** After this long without an answer a line is typed again. */
const UNANSWERED_SECONDS = 10;
const ATTEMPTS = 6;
/** CSI and OSC sequences, strings to the device, character sets, and the short ones (ECMA-48, xterm's ctlseqs). */
const TERMINAL_CONTROL =
  /\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[()#][0-9A-Za-z]|[=>cDEHMNOZ78])/g;
const INCOMPLETE_CONTROL = /\x1b(\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[()#])?$/;
/** busybox's line editing asks where the cursor is; some programs send it far away first, to learn the size. */
const CURSOR_QUESTION = /(\x1b\[\d{3,};\d{3,}H)?\x1b\[6n/g;
/** Prompts of the shells of initramfs-tools (busybox), dracut and sulogin. */
const PROMPT = /(?:\(initramfs\)|[#$]) $/;
/** sulogin, when root can log in without a password. */
const PRESS_ENTER = /Press Enter for (?:maintenance|system maintenance)[\s\S]*?: ?$/;

/** What a person at one serial console sees, and types. */
export class Console {
  /** All that came, without terminal controls and carriage returns. */
  text = '';
  readonly #socket: Socket;
  readonly #describe: () => string;
  readonly #decoder = new StringDecoder();
  #pending = '';
  #read = 0;
  #commands = 0;
  #isClosed = false;
  #watchers = new Set<() => void>();
  #terminal: ((bytes: Buffer) => void) | null = null;

  /** `log` gets every byte as it came; `describe` says in a failure's message which guest this was. */
  constructor(socket: Socket, log: (bytes: Buffer) => void, describe: () => string) {
    this.#socket = socket;
    this.#describe = describe;
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      log(bytes);
      this.#terminal?.(bytes);
      this.#take(this.#decoder.write(bytes));
    });
    socket.on('close', () => {
      this.#isClosed = true;
      this.#notify();
    });
  }

  /**
   * Waits until the text after the last match holds this pattern; the next search begins behind it.
   *
   * @throws when time or the guest ends first; the message tells how to start the same guest, and shows its last lines
   */
  waitFor(pattern: RegExp, { seconds = PATIENCE_SECONDS }: Patience = {}): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this.text.slice(this.#read));
        if (match !== null) {
          settle();
          this.#read += match.index + match[0].length;
          resolve(match);
        } else if (this.#isClosed) {
          settle();
          reject(this.#failure(`the guest ended before ${pattern}`));
        }
      };
      const timer = setTimeout(() => {
        settle();
        reject(this.#failure(`no ${pattern} within ${seconds} s`));
      }, seconds * 1000);
      const settle = () => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Types. */
  send(text: string): void {
    this.#socket.write(text);
  }

  /** Types, and presses Enter. */
  line(text: string): void {
    this.send(`${text}\r`);
  }

  /** Waits for an emergency shell and makes sure that it reads commands. */
  async waitForShell(patience: Patience = {}): Promise<void> {
    const [opening] = await this.waitFor(new RegExp(`${PROMPT.source}|${PRESS_ENTER.source}`), patience);
    if (PRESS_ENTER.test(opening)) await this.#typeUntil(() => ['', PROMPT]);
    await this.#typeUntil((attempt) => [`echo "R""EADY${attempt}"`, new RegExp(`READY${attempt}\n`)]);
  }

  /** Runs one line in the shell that is open here. What is typed is echoed, so the marks are typed in halves. */
  async shell(command: string, patience: Patience = {}): Promise<ShellResult> {
    const mark = `M${++this.#commands}RK`;
    const halves = `"${mark.slice(0, 1)}""${mark.slice(1)}"`;
    this.line(`echo ${halves}; ${command}; echo ${halves} $?`);
    const [, output = '', status] = await this.waitFor(
      new RegExp(`${mark}\n([\\s\\S]*?)${mark} (\\d+)\n`),
      patience,
    );
    return { status: Number(status), output };
  }

  /** Leaves the shell, so that boot goes on. */
  leaveShell(): void {
    this.line('exit');
  }

  /** Hands every byte on, and leaves answers to what is at the other end. */
  attach(terminal: (bytes: Buffer) => void): void {
    this.#terminal = terminal;
  }

  /** Types a line until it is answered: what comes before a program has set up its terminal gets lost. */
  async #typeUntil(exchange: (attempt: number) => readonly [line: string, answer: RegExp]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const [line, answer] = exchange(attempt);
      this.line(line);
      try {
        await this.waitFor(answer, { seconds: UNANSWERED_SECONDS });
        return;
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  #take(text: string): void {
    this.#pending += text;
    if (this.#terminal === null) {
      for (const [, farAway] of text.matchAll(CURSOR_QUESTION)) {
        this.send(farAway === undefined ? '\x1b[24;1R' : '\x1b[24;80R');
      }
    }
    const rest = INCOMPLETE_CONTROL.exec(this.#pending)?.[0] ?? '';
    const complete = this.#pending.slice(0, this.#pending.length - rest.length);
    this.#pending = rest;
    this.text += complete.replace(TERMINAL_CONTROL, '').replaceAll('\r', '');
    this.#notify();
  }

  #notify(): void {
    for (const look of [...this.#watchers]) look();
  }

  #failure(what: string): Error {
    const end = this.text.split('\n').slice(-SHOWN_LINES).join('\n');
    return new Error(`${what}\n${this.#describe()}:\n…${end}`);
  }
}
