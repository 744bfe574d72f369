import { spawn } from 'node:child_process';
import type { Runner, RunResult } from '../engine/ports.ts';

const TIMEOUT_MS = 300_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;

/** In the environment of every command we start: tells the commands of a killed run from others. */
export const RUN_MARK = 'LVMEDIC_PID';

/** Runs commands without a shell, in a session of their own: a Ctrl-C at the terminal reaches us alone. */
export const runner: Runner = {
  run: (argv, environment = {}) =>
    new Promise((resolve) => {
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
      const timer = setTimeout(() => {
        timedOut = true;
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      }, TIMEOUT_MS);
      for (const stream of ['stdout', 'stderr'] as const) {
        child[stream].setEncoding('utf8').on('data', (text: string) => {
          if (output[stream].length < MAX_OUTPUT_BYTES) output[stream] += text;
        });
      }
      const end = (exitCode: number | null, signal: string | null) => {
        clearTimeout(timer);
        const durationMs = Math.round(performance.now() - started);
        resolve({ argv, exitCode, signal, timedOut, ...output, durationMs } satisfies RunResult);
      };
      child.on('error', (error) => {
        output.stderr += error.message;
        end(127, null);
      });
      child.on('close', end);
    }),
};

/** PATH with the folders in which lvm stands; an emergency shell's PATH may lack them. */
export function searchPath(): string {
  return [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin']
    .filter(Boolean)
    .join(':');
}
