import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface PaneSettings {
  readonly columns: number;
  readonly rows: number;
  /** What programs in the pane find in TERM. */
  readonly term: string;
  /** The pane's leader, for a shell. */
  readonly command: string;
}

const HISTORY_LINES = 20_000;
const PATIENCE_SECONDS = 10;

/** A tmux server of its own with one pane; no other server and no configuration has a say in it. */
export class Tmux {
  readonly #socket: string;
  #endLife: () => void = () => {};

  private constructor(folder: string) {
    this.#socket = join(folder, 'tmux.socket');
  }

  /** Its socket lies in `folder`. It ends with this process at the latest, whatever ends that. */
  static async start(folder: string, { columns, rows, term, command }: PaneSettings): Promise<Tmux> {
    const tmux = new Tmux(folder);
    const size = ['-x', String(columns), '-y', String(rows)];
    const options = [
      ['default-terminal', term],
      ['status', 'off'],
      ['escape-time', '0'],
      ['history-limit', String(HISTORY_LINES)],
      ['set-clipboard', 'off'],
    ];
    tmux.run([
      ...['start-server', ';'],
      ...options.flatMap(([name = '', value = '']) => ['set-option', '-g', name, value, ';']),
      ...['new-session', '-d', ...size, command],
      // Set any earlier, it makes tmux 3.3 crash.
      ...[';', 'set-option', '-g', 'window-size', 'manual'],
    ]);
    await tmux.#tieToThisProcess();
    return tmux;
  }

  /**
   * A client whose standard input is ours ends when we do, even by SIGKILL; and without a client the session ends. It
   * draws nothing and has no say in the size.
   */
  async #tieToThisProcess(): Promise<void> {
    const client = spawn('tmux', this.#argv(['-C', 'attach-session', '-f', 'ignore-size,no-output']), {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: environment(),
    });
    // Nobody waits for it, and a server that ends first takes it away.
    client.stdin.on('error', () => {});
    client.unref();
    this.#endLife = () => client.kill('SIGKILL');
    const deadlineMs = Date.now() + PATIENCE_SECONDS * 1000;
    while (this.run(['list-clients']).trim() === '') {
      if (Date.now() > deadlineMs) throw new Error('no client of tmux came up');
      await sleep(10);
    }
    this.run(['set-option', '-g', 'destroy-unattached', 'on']);
  }

  #argv(args: readonly string[]): string[] {
    // UTF-8 is about what we read from tmux; the programs in it have their own locale.
    return ['-u', '-S', this.#socket, '-f', '/dev/null', ...args];
  }

  /** Runs one command of tmux's and gives what it printed. Throws with tmux's own message. */
  run(args: readonly string[], input = ''): string {
    const ran = spawnSync('tmux', this.#argv(args), { encoding: 'utf8', input, env: environment() });
    if (ran.error !== undefined) throw new Error(`tmux cannot be run: ${ran.error.message}`);
    if (ran.status !== 0) throw new Error(`tmux ${args.join(' ')}: ${ran.stderr.trim() || ran.status}`);
    return ran.stdout;
  }

  /** The value of one of tmux's formats, for the pane. */
  format(text: string): string {
    return this.run(['display-message', '-p', text]).replace(/\n$/, '');
  }

  /** Ends the server and with it the pane. */
  kill(): void {
    spawnSync('tmux', this.#argv(['kill-server']), { stdio: 'ignore', env: environment() });
    this.#endLife();
  }
}

/** Why terminals cannot be had here; null when they can. */
export function tmuxUnavailable(): string | null {
  return spawnSync('tmux', ['-V']).status === 0 ? null : 'needs tmux';
}

/** tmux wants a UTF-8 locale, and must not find out that it may itself run in one. */
function environment(): Record<string, string | undefined> {
  return { PATH: process.env.PATH, HOME: '/', TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', SHELL: '/bin/sh' };
}
