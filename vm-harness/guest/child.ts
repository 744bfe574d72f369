import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

/** After a signal, `lab/host.ts` lets this process end as it would have. */
const END_EVENTS = ['exit', 'SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Starts a program that ends with this process, however this process ends: by its own listeners, and for a kill that
 * leaves them no time, by the kernel.
 */
export function spawnTied(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], options);
  const kill = () => child.kill('SIGKILL');
  for (const event of END_EVENTS) process.once(event, kill);
  const settle = () => {
    for (const event of END_EVENTS) process.off(event, kill);
  };
  child.once('close', settle).once('error', settle);
  return child;
}

/**
 * Runs a shell script with mounts of its own, which end with it, as do all processes it started.
 *
 * @throws when it fails; the message holds the end of what it said
 */
export function runIsolated(
  script: string,
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<void> {
  const unshare = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const argv = [...unshare, 'sh', '-euc', script, 'sh', ...args];
  return new Promise((resolve, reject) => {
    const child = spawnTied('unshare', argv, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive', ...environment },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    child.on('error', reject).on('close', (code, signal) => {
      if (code === 0) return resolve();
      const end = said.split('\n').slice(-40).join('\n');
      reject(new Error(`${script}\nended with ${code ?? signal}:\n${end}`));
    });
  });
}

/** A command line that a person can paste into a shell. */
export function commandLine(argv: readonly string[]): string {
  return argv.map(quoted).join(' ');
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
