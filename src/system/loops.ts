import fs from 'node:fs';
import path from 'node:path';
import type { Runner } from '../engine/ports.ts';
import { err, ok, type Result } from '../model/result.ts';
import { codeOf, findExecutable, listFolder, readText } from './files.ts';

export interface Loop {
  readonly node: string;
  detach(): void;
}

/** Which bytes of a file a loop device shows, and the sector size it shows them with. */
interface Part {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly sectorBytes: number;
}

/** A loop device over a part of a file or device. Fails with why there can be none. */
export async function attachLoop(runner: Runner, file: string, part: Part): Promise<Result<Loop, string>> {
  const losetup = findExecutable('losetup');
  if (losetup === null) return err('losetup is not installed here');
  const modprobe = findExecutable('modprobe');
  if (!fs.existsSync('/dev/loop-control') && modprobe !== null) await runner.run([modprobe, 'loop']);
  const made = await associate(runner, losetup, file, part);
  if (!made.ok) return made;
  const node = made.value;
  // A node can stay read-only from an earlier use; lvm would report success and write nothing.
  const blockdev = findExecutable('blockdev');
  if (readText(`/sys/block/${path.basename(node)}/ro`) === '1' && blockdev !== null) {
    await runner.run([blockdev, '--setrw', node]);
  }
  try {
    const fd = fs.openSync(node, 'r+');
    return ok({ node, detach: () => fs.closeSync(fd) });
  } catch (error) {
    return err(`${node} cannot be opened (${codeOf(error)})`);
  } finally {
    // Detached while we hold it open, the kernel frees it at our last close: also when we are killed.
    await runner.run([losetup, '-d', node]);
  }
}

/** The node that shows this part of the file. */
async function associate(
  runner: Runner,
  losetup: string,
  file: string,
  { offsetBytes, sizeBytes, sectorBytes }: Part,
): Promise<Result<string, string>> {
  const run = await runner.run([
    ...[losetup, '--find', '--show', '--offset', `${offsetBytes}`, '--sizelimit', `${sizeBytes}`],
    ...(sectorBytes === 512 ? [] : ['--sector-size', `${sectorBytes}`]),
    file,
  ]);
  const node = run.stdout.trim();
  if (run.exitCode === 0 && node.startsWith('/dev/')) return ok(node);
  // busybox's losetup knows neither limits nor sector sizes: enough for a file that is as long as what it stands for.
  const isPlain = offsetBytes === 0 && sectorBytes === 512 && fs.statSync(file).size === sizeBytes;
  if (run.stderr.includes('BusyBox') && isPlain) return associateByBusybox(runner, losetup, file);
  return err(
    `no loop device could be had (${firstLine(run.stderr) || `losetup ended with ${run.exitCode}`})`,
  );
}

async function associateByBusybox(
  runner: Runner,
  losetup: string,
  file: string,
): Promise<Result<string, string>> {
  const free = await runner.run([losetup, '-f']);
  const node = free.stdout.trim();
  const made = node.startsWith('/dev/') ? await runner.run([losetup, node, file]) : free;
  return made.exitCode === 0 && node !== ''
    ? ok(node)
    : err(`no loop device could be had (${firstLine(made.stderr) || 'there is none'})`);
}

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';

/** Loop devices that a file is attached to already. */
export function loopsOver(file: string): string[] {
  return listFolder('/sys/block')
    .filter((name) => name.startsWith('loop') && readText(`/sys/block/${name}/loop/backing_file`) === file)
    .map((name) => `/dev/${name}`);
}
