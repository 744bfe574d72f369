import { spawnSync } from 'node:child_process';

const MAX_BYTES = 256 * 1024 * 1024;

/** What a tool printed; null when it failed or is not there. */
export function outputOf(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Buffer | null {
  const env = { ...process.env, LC_ALL: 'C' };
  const ran = spawnSync(command, args, { ...options, env, maxBuffer: MAX_BYTES });
  return ran.status === 0 ? ran.stdout : null;
}
