import fs from 'node:fs';
import path from 'node:path';
import type { Runner } from '../engine/ports.ts';
import { err, ok, type Result } from '../model/result.ts';
import { codeOf, findExecutable, listFolder, readText } from './files.ts';

export interface Loop {
  readonly node: string;
  detach(): void;
}

/** A loop device over a part of a file or device. Fails with why there can be none. */
export async function attachLoop(
  runner: Runner,
  file: string,
  part: { readonly offsetBytes: number; readonly sizeBytes: number; readonly sectorBytes: number },
): Promise<Result<Loop, string>> {
  const losetup = findExecutable('losetup');
  if (losetup === null) return err('losetup is not installed here');
  const argv = [
    ...[losetup, '--find', '--show', '--offset', `${part.offsetBytes}`, '--sizelimit', `${part.sizeBytes}`],
    ...(part.sectorBytes === 512 ? [] : ['--sector-size', `${part.sectorBytes}`]),
    file,
  ];
  const run = await runner.run(argv);
  const node = run.stdout.trim();
  if (run.exitCode !== 0 || !node.startsWith('/dev/')) {
    return err(`no loop device could be had (${run.stderr.trim() || `losetup ended with ${run.exitCode}`})`);
  }
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
    await runner.run([losetup, '--detach', node]);
  }
}

/** Loop devices that a file is attached to already. */
export function loopsOver(file: string): string[] {
  return listFolder('/sys/block')
    .filter((name) => name.startsWith('loop') && readText(`/sys/block/${name}/loop/backing_file`) === file)
    .map((name) => `/dev/${name}`);
}
