import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { basename } from 'node:path';

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

const FREED_WITHIN_MS = 500;
const POLL_MS = 5;
/** Its messages are read. */
const ENGLISH = { PATH: process.env.PATH, LC_ALL: 'C' };

/**
 * Attaches a loop device to an image, or to a part of it.
 *
 * The device is detached at once while we hold it open: the kernel then only marks it "autoclear"
 * and frees it when the last holder closes it. So no crash or kill of ours leaves one behind, and
 * no device of anybody else is ever detached by its name.
 */
export function attachLoop(image: string, options: LoopOptions = {}): Loop {
  const args: string[] = [];
  if (options.offsetBytes !== undefined) args.push('--offset', String(options.offsetBytes));
  if (options.sizeBytes !== undefined) args.push('--sizelimit', String(options.sizeBytes));
  if (options.sectorBytes !== undefined) args.push('--sector-size', String(options.sectorBytes));
  if (options.readOnly === true) args.push('--read-only');
  const node = associate([...args, image]);
  // A node can stay read-only from an earlier use: lvm would say "Error writing" and exit 0.
  if (options.readOnly !== true) spawnSync('blockdev', ['--setrw', node]);
  const fd = openSync(node, 'r');
  spawnSync('losetup', ['--detach', node]);
  return { node, fd };
}

/** Lets the loop device go. The kernel frees it once nobody else has it open, which is waited for a moment. */
export function detachLoop(loop: Loop): void {
  closeSync(loop.fd);
  for (let waitedMs = 0; waitedMs < FREED_WITHIN_MS && isAttached(loop.node); waitedMs += POLL_MS) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
  }
}

const isAttached = (node: string): boolean => existsSync(`/sys/block/${basename(node)}/loop`);

/**
 * Tries free numbers in turn, from FIRST_LOOP of the environment on. Runs that have numbers of their own can go on
 * beside each other: a disk that is detached for a moment comes back under the same name.
 */
function associate(args: readonly string[]): string {
  for (let number = Number(process.env.FIRST_LOOP ?? 0); ; number++) {
    const node = `/dev/loop${number}`;
    if (isAttached(node)) continue;
    const attached = spawnSync('losetup', [node, ...args], { encoding: 'utf8', env: ENGLISH });
    if (attached.status === 0) return node;
    if (!/busy/i.test(attached.stderr)) throw new Error(`losetup ${node}: ${attached.stderr}`);
  }
}
