import { spawn } from 'node:child_process';
import fs from 'node:fs';
import type { Runner } from '../engine/ports.ts';
import { findExecutable } from './files.ts';

/** Long enough for any rehearsal; a kill in the middle must not hang the boot for longer. */
const WATCHDOG_SECONDS = 60;

/**
 * Keeps udev from looking at replicas while they are attached: its rules would show the system's lvm a second
 * device for every PV and might activate volumes on it. Returns what lets udev go on.
 */
export async function holdUdev(runner: Runner): Promise<() => Promise<void>> {
  const udevadm = findExecutable('udevadm');
  if (udevadm === null || !fs.existsSync('/run/udev/control')) return async () => {};
  const script = `sleep ${WATCHDOG_SECONDS}; exec "$0" control --start-exec-queue`;
  const watchdog = spawn('/bin/sh', ['-c', script, udevadm], { detached: true, stdio: 'ignore' });
  watchdog.on('error', () => {});
  watchdog.unref();
  await runner.run([udevadm, 'control', '--stop-exec-queue']);
  return async () => {
    await runner.run([udevadm, 'control', '--start-exec-queue']);
    if (watchdog.pid !== undefined) {
      try {
        process.kill(-watchdog.pid, 'SIGTERM');
      } catch {}
    }
  };
}
