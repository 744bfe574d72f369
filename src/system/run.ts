import { type ChildProcess, spawn } from 'node:child_process';
import type { Runner, RunResult } from '../engine/ports.ts';

const MAX_OUTPUT_BYTES = 1024 * 1024;

/** In the environment of every command we start: tells the commands of a killed run from others. */
export const RUN_MARK = 'LVMEDIC_PID';

/** Runs commands without a shell, in a session of their own: a Ctrl-C at the terminal reaches us alone. */
export const runner: Runner = commandRunner({ timeoutMs: 300_000, lastWordsMs: 2_000 });

/** `lastWordsMs`: how long what a command has ended is still listened to, when something that it left holds its pipes. */
export function commandRunner(limits: { readonly timeoutMs: number; readonly lastWordsMs: number }): Runner {
  return { run: (argv, environment = {}) => runCommand(argv, environment, limits) };
}

function runCommand(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
  { timeoutMs, lastWordsMs }: { readonly timeoutMs: number; readonly lastWordsMs: number },
): Promise<RunResult> {
  return new Promise((resolve) => {
    const started = performance.now();
    const [file = '', ...args] = argv;
    const env = {
      [RUN_MARK]: `${process.pid}`,
      PATH: searchPath(),
      LC_ALL: 'C',
      LVM_SUPPRESS_FD_WARNINGS: '1',
      ...environment,
    };
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true });
    const output = { stdout: '', stderr: '' };
    let timedOut = false;
    let timer = setTimeout(() => {
      timedOut = true;
      killGroup(child);
    }, timeoutMs);
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        if (output[stream].length < MAX_OUTPUT_BYTES) output[stream] += text;
      });
    }
    const end = (exitCode: number | null, signal: string | null) => {
      clearTimeout(timer);
      const durationMs = Math.round(performance.now() - started);
      resolve({ argv, exitCode, signal, timedOut, ...output, durationMs });
    };
    child.on('error', (error) => {
      output.stderr += error.message;
      end(127, null);
    });
    // Never earlier: who takes a command for ended may put back what it wrote.
    child.on('exit', () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        killGroup(child);
        // What was said while we were busy is still to be read.
        setImmediate(() => {
          child.stdout.destroy();
          child.stderr.destroy();
        });
      }, lastWordsMs);
    });
    // Comes when both pipes are closed, too: by all who hold them, or by us.
    child.on('close', end);
  });
}

/** A command with all that it started, but for what has a session of its own: a daemon. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // None of them is left.
  }
}

/** PATH with the folders in which lvm stands; an emergency shell's PATH may lack them. */
export function searchPath(): string {
  return [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin']
    .filter(Boolean)
    .join(':');
}
