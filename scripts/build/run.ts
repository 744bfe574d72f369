import { spawnSync } from 'node:child_process';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a tool of the build and gives what it printed.
 *
 * @throws when it is missing or fails; the message holds all that it said
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): string {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, LC_ALL: 'C', ...options.env },
  });
  if (result.error)
    throw new Error(
      `${command} did not start: ${result.error.message}. \`npm start\` and \`npm test\` install what is missing.`,
    );
  if (result.status !== 0)
    throw new Error(`${[command, ...args].join(' ')} failed:\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

/** What a tool printed, or undefined when it failed or is not there. */
export function tryRun(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): string | undefined {
  try {
    return run(command, args, options);
  } catch {
    return undefined;
  }
}
