import { spawnSync } from 'node:child_process';

/**
 * Runs a tool and gives what it printed.
 *
 * @throws with all it said when it fails or is not there
 */
export function outputOfTool(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Buffer {
  const result = spawnSync(command, args, {
    env: { ...process.env, LC_ALL: 'C', ...env },
    maxBuffer: 2 ** 30,
  });
  if (result.error) {
    throw new Error(
      `${command} did not start: ${result.error.message}. \`npm start\` installs what is missing.`,
    );
  }
  if (result.status !== 0) throw new Error(`${command} failed:\n${result.stdout}${result.stderr}`);
  return result.stdout;
}
