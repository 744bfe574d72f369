import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const MIB = 1024 * 1024;

const folders = new Set<string>();
/**
 * Removes every temporary folder of this process. Done at its exit too, but a test runner may cut that short:
 * tests call it when their last one has ended.
 */
export function removeTemporaryFolders(): void {
  for (const folder of folders) removeFolder(folder);
}
process.once('exit', removeTemporaryFolders);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    removeTemporaryFolders();
    process.kill(process.pid, signal);
  });
}

/** A new folder on a real disk (images need room), removed when this process ends. */
export function temporaryFolder(prefix: string): string {
  const folder = mkdtempSync(
    join(process.env.TMPDIR ?? (existsSync('/var/tmp') ? '/var/tmp' : tmpdir()), prefix),
  );
  folders.add(folder);
  return folder;
}

/** Removes a temporary folder before its time. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

/** Whether real lvm on loop devices can run here at all; the reason when it cannot. */
export function labUnavailable(): string | null {
  if (process.getuid?.() !== 0) return 'needs root for loop devices';
  if (!existsSync('/dev/loop-control')) return 'needs loop devices';
  for (const tool of ['lvm', 'losetup', 'mke2fs', 'e2fsck', 'sgdisk']) {
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0) return `needs ${tool}`;
  }
  return null;
}

/** Runs a tool and gives what it printed; throws when it fails. */
export function run(command: string, args: readonly string[]): string {
  const ran = spawnSync(command, args, { encoding: 'utf8', env: { PATH: process.env.PATH, LC_ALL: 'C' } });
  if (ran.status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${ran.status}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}
