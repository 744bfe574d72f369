import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeFolder, temporaryFolder } from '../lab/host.ts';
import { endSession } from './end-session.ts';
import { framed, keepScreen } from './kept-screens.ts';
import { FLAG_NAMES, leftBehind } from './left-behind.ts';
import { PANE_FILES, writePaneScripts } from './pane-script.ts';
import { Tmux } from './tmux.ts';

export interface TerminalOptions {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  /** 80 by default. */
  readonly columns?: number;
  /** 24 by default. */
  readonly rows?: number;
  /** `xterm-256color` by default. */
  readonly term?: 'xterm-256color' | 'vt220' | 'linux' | 'dumb';
  /** What LC_ALL says: `C.UTF-8` (the default) or `C`. */
  readonly encoding?: 'UTF-8' | 'C';
  /** Besides PATH, HOME, TERM, LC_ALL; nothing else is handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Names the file of the screens that {@link Terminal.keep} keeps. */
  readonly name?: string;
}

const POLL_MS = 50;
const PATIENCE_SECONDS = 10;

/** Opens a terminal, starts the command in it, and returns when it begins. Close it, whatever happens. */
export async function openTerminal(options: TerminalOptions): Promise<Terminal> {
  const { command, columns = 80, rows = 24, term = 'xterm-256color', encoding = 'UTF-8' } = options;
  const folder = temporaryFolder('lvmedic-terminal-');
  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: '/root',
    TERM: term,
    LC_ALL: encoding === 'C' ? 'C' : 'C.UTF-8',
    ...options.env,
  };
  const leader = writePaneScripts(folder, command, environment);
  try {
    const tmux = await Tmux.start(folder, { columns, rows, term, command: leader });
    const terminal = new Terminal(tmux, folder, { ...options, columns, rows, term });
    try {
      await terminal.begin();
    } catch (error) {
      terminal.close();
      throw error;
    }
    return terminal;
  } catch (error) {
    removeFolder(folder);
    throw error;
  }
}

/** A program on a terminal that tests can look at and type on. */
export class Terminal {
  readonly #tmux: Tmux;
  readonly #folder: string;
  readonly #name: string;
  readonly #label: string;
  #columns: number;
  #rows: number;
  /** The processes on this terminal; null before and after. */
  #session: number | null = null;
  #keysSent = 0;
  #sent: string[] = [];
  /** What was last to be seen of a terminal that went away. */
  #lastScreen: string | null = null;

  constructor(
    tmux: Tmux,
    folder: string,
    {
      columns,
      rows,
      term,
      name,
      command,
    }: Required<Pick<TerminalOptions, 'columns' | 'rows' | 'term'>> & TerminalOptions,
  ) {
    this.#tmux = tmux;
    this.#folder = folder;
    this.#columns = columns;
    this.#rows = rows;
    this.#name = name ?? 'terminal';
    this.#label = `TERM=${term}: ${command.join(' ')}`;
  }

  /** Lets the command begin, with everything in place that will be asked about it later. */
  async begin(): Promise<void> {
    this.#session = Number(this.#tmux.format('#{pane_pid}'));
    await this.#until(
      () => existsSync(this.#path(PANE_FILES.sttyBefore)),
      'the shell of the pane did not start',
      PATIENCE_SECONDS,
    );
    this.#tmux.run(['pipe-pane', '-O', `exec cat > ${this.#path('output')}`]);
    await this.#until(
      () => existsSync(this.#path('output')),
      'tmux did not record the output',
      PATIENCE_SECONDS,
    );
    writeFileSync(this.#path(PANE_FILES.go), '');
    await this.#until(
      () => existsSync(this.#path(PANE_FILES.started)),
      'the command did not start',
      PATIENCE_SECONDS,
    );
  }

  /** How many keys a person would have pressed so far; a paste counts as one. */
  get keysSent(): number {
    return this.#keysSent;
  }

  /** Presses keys, one after the other, by tmux's names: `Enter`, `Down`, `Escape`, `C-c`, `PPage`, `q`. */
  keys(...names: readonly string[]): void {
    for (const name of names) {
      this.#tmux.run(['send-keys', literal(name)]);
      this.#note(name, 1);
    }
  }

  /** Types text, a key for each character. */
  type(text: string): void {
    for (const character of text) this.#tmux.run(['send-keys', '-l', '--', literal(character)]);
    this.#note(JSON.stringify(text), [...text].length);
  }

  /** Pastes text as terminals do: in brackets where the program asked for them (`plain`: never), newlines as Enter. */
  paste(text: string, { plain = false } = {}): void {
    this.#tmux.run(['load-buffer', '-'], text);
    this.#tmux.run(['paste-buffer', '-d', ...(plain ? [] : ['-p'])]);
    this.#note(`paste of ${JSON.stringify(text)}`, 1);
  }

  /** Sends these bytes in one go, as a script does: the program has them in one read. Counts as one key. */
  send(bytes: string): void {
    this.#tmux.run(['load-buffer', '-'], bytes);
    this.#tmux.run(['paste-buffer', '-d', '-r']);
    this.#note(`sent ${JSON.stringify(bytes)}`, 1);
  }

  #note(what: string, count: number): void {
    this.#keysSent += count;
    this.#sent.push(what);
  }

  resize(columns: number, rows: number): void {
    this.#tmux.run(['resize-window', '-x', String(columns), '-y', String(rows)]);
    this.#columns = columns;
    this.#rows = rows;
  }

  /** What a person sees: as many lines as the screen has, without blanks at their ends. */
  screen(): string {
    return this.#lastScreen ?? this.#tmux.run(['capture-pane', '-p']).replace(/\n$/, '');
  }

  /** The same with the escape sequences that give it its colours. */
  screenWithAttributes(): string {
    return this.#tmux.run(['capture-pane', '-p', '-e']).replace(/\n$/, '');
  }

  /** What has scrolled away, and the screen. */
  scrollback(): string {
    return this.#tmux.run(['capture-pane', '-p', '-S', '-']).replace(/\n$/, '');
  }

  /** Every byte that the program wrote to the terminal so far, read as UTF-8; what came last may still be on its way. */
  output(): string {
    return readFileSync(this.#path('output'), 'utf8');
  }

  /** Where the cursor stands, counted from 0. */
  cursor(): { readonly column: number; readonly row: number } {
    const [column, row] = this.#tmux.format('#{cursor_x} #{cursor_y}').split(' ').map(Number);
    return { column: column ?? 0, row: row ?? 0 };
  }

  /** Returns the screen once it shows this. Throws with the last screen. */
  async waitFor(wanted: RegExp | string, { seconds = PATIENCE_SECONDS } = {}): Promise<string> {
    let screen = '';
    const isThere = () => {
      screen = this.screen();
      return typeof wanted === 'string' ? screen.includes(wanted) : screen.search(wanted) >= 0;
    };
    const what = typeof wanted === 'string' ? JSON.stringify(wanted) : String(wanted);
    await this.#until(isThere, `the screen did not show ${what}`, seconds);
    return screen;
  }

  /** Returns the screen once nothing has changed on it for `quietMs`: what is half drawn is whole then. */
  async waitUntilQuiet({ quietMs = 250, seconds = PATIENCE_SECONDS } = {}): Promise<string> {
    let before = '';
    let sinceMs = Date.now();
    const isQuiet = () => {
      const screen = this.screenWithAttributes();
      if (screen !== before) sinceMs = Date.now();
      before = screen;
      return Date.now() - sinceMs >= quietMs;
    };
    await this.#until(isQuiet, `the screen was never the same for ${quietMs} ms`, seconds);
    return this.screen();
  }

  /** The command's exit status, once it has ended and all that it wrote is on the screen; 128 and more: by a signal. */
  async waitForExit({ seconds = PATIENCE_SECONDS } = {}): Promise<number> {
    await this.#until(() => this.#status() !== null, 'the command did not end', seconds);
    if (this.#lastScreen === null) await this.waitUntilQuiet({ quietMs: 2 * POLL_MS });
    return this.#status() ?? -1;
  }

  /** Null while the command runs. */
  #status(): number | null {
    const file = this.#path(PANE_FILES.status);
    return existsSync(file) ? Number(readFileSync(file, 'utf8')) : null;
  }

  /**
   * What the command left behind that the shell would suffer from: raw mode, a hidden cursor, the alternate screen,
   * colours… Empty when the terminal is as it was. To be asked after {@link waitForExit}.
   */
  leftBehind(): string[] {
    const values = this.#tmux.format(FLAG_NAMES.map((name) => `#{${name}}`).join('\t')).split('\t');
    return leftBehind({
      flags: Object.fromEntries(FLAG_NAMES.map((name, index) => [name, values[index] ?? ''])),
      rows: this.#rows,
      sttyBefore: readFileSync(this.#path(PANE_FILES.sttyBefore), 'utf8').trim(),
      sttyNow: this.#stty('-g'),
      sttyWords: this.#stty('-a'),
      output: this.output(),
    });
  }

  #stty(option: '-a' | '-g'): string {
    const ran = spawnSync('stty', ['-F', this.#tmux.format('#{pane_tty}'), option], { encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(`stty ${option}: ${ran.stderr}`);
    return ran.stdout.trim();
  }

  /** Takes the terminal away, as a closed window or a lost connection does: the command gets SIGHUP. */
  hangUp(): void {
    this.#lastScreen = this.screen();
    this.#tmux.run(['kill-pane']);
  }

  /** Keeps the screen as it is in `test-results/screens/NAME.txt`, under a title. */
  keep(title: string): void {
    keepScreen(this.#name, title, this.screen());
  }

  /** Ends everything: the command too, and what it left running on this terminal. */
  close(): void {
    this.#tmux.kill();
    if (this.#session !== null) endSession(this.#session);
    this.#session = null;
    removeFolder(this.#folder);
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  async #until(isTrue: () => boolean, complaint: string, seconds: number): Promise<void> {
    const deadlineMs = Date.now() + seconds * 1000;
    while (!isTrue()) {
      if (Date.now() > deadlineMs) throw new Error(`${complaint} within ${seconds} s.\n${this.#describe()}`);
      await sleep(POLL_MS);
    }
  }

  /** For a person who looks at a failed test. */
  #describe(): string {
    const status = this.#status();
    const state = status === null ? 'The command runs' : `The command ended with exit status ${status}`;
    return [
      `${state}. ${this.#label}`,
      `Keys so far: ${this.#sent.join(' ') || 'none'}`,
      framed(this.screen(), this.#columns),
    ].join('\n');
  }
}

/** A semicolon at the end of a word would begin another command of tmux's. */
function literal(word: string): string {
  return word.replace(/;$/, '\\;');
}
