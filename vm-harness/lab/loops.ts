import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** One attached loop device. It lives only as long as this process holds `fd`. */
export interface Loop {
  readonly node: string;
  readonly fd: number;
}

export interface LoopOptions {
  readonly offsetBytes?: number;
  readonly sizeBytes?: number;
  readonly sectorBytes?: number;
  readonly readOnly?: boolean;
}

/**
 * Attaches a loop device to an image, or to a part of it.
 *
 * The device is detached at once while we hold it open: the kernel then only marks it "autoclear"
 * and frees it when the last holder closes it. So no crash or kill of ours leaves one behind, and
 * no device of anybody else is ever detached by its name.
 */
export function attachLoop(image: string, options: LoopOptions = {}): Loop {
  const args = ['--find', '--show'];
  if (options.offsetBytes !== undefined) args.push('--offset', String(options.offsetBytes));
  if (options.sizeBytes !== undefined) args.push('--sizelimit', String(options.sizeBytes));
  if (options.sectorBytes !== undefined) args.push('--sector-size', String(options.sectorBytes));
  if (options.readOnly === true) args.push('--read-only');
  const attached = spawnSync('losetup', [...args, image], { encoding: 'utf8' });
  if (attached.status !== 0) throw new Error(`losetup ${image}: ${attached.stderr}`);
  const node = attached.stdout.trim();
  // A node can stay read-only from an earlier use: lvm would say "Error writing" and exit 0.
  if (options.readOnly !== true) spawnSync('blockdev', ['--setrw', node]);
  const fd = openSync(node, 'r');
  spawnSync('losetup', ['--detach', node]);
  return { node, fd };
}

/** Lets the loop device go; the kernel frees it once nobody else has it open. */
export function detachLoop(loop: Loop): void {
  closeSync(loop.fd);
}
