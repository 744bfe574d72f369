import fs from 'node:fs';
import type { Runner } from '../../engine/ports.ts';
import { err, type Result } from '../../model/result.ts';
import { findExecutable, makeFolder } from '../files.ts';

const FOLDER = '/run/lvmedic/mnt';

/** Options with which a filesystem is mounted without a byte of it changing: no journal is replayed. */
export function quietOptions(filesystem: string): string | null {
  switch (filesystem) {
    case 'ext2':
      return 'ro';
    case 'ext3':
    case 'ext4':
      return 'ro,noload';
    case 'xfs':
      return 'ro,norecovery';
    case 'btrfs':
      return 'ro,rescue=nologreplay';
    default:
      return null;
  }
}

/** Mounts `node` for as long as `look` takes, and writes nothing to it. */
export async function quietMount<T>(
  runner: Runner,
  node: string,
  filesystem: string,
  look: (folder: string) => Result<T, string>,
): Promise<Result<T, string>> {
  const options = quietOptions(filesystem);
  const [mount, umount] = [findExecutable('mount'), findExecutable('umount')];
  if (options === null) return err(`${filesystem} cannot be mounted without writing to it`);
  if (mount === null || umount === null) return err('mount is not here');
  makeFolder(FOLDER);
  const mounted = await runner.run([mount, '-t', filesystem, '-o', options, node, FOLDER]);
  if (mounted.exitCode !== 0) return err(`${node} cannot be mounted (${mounted.stderr.trim()})`);
  try {
    return look(FOLDER);
  } finally {
    await runner.run([umount, FOLDER]);
    fs.rmdirSync(FOLDER);
  }
}
