import fs from 'node:fs';
import path from 'node:path';
import type { Runner } from '../../engine/ports.ts';
import { err, type Result } from '../../model/result.ts';
import { codeOf, findExecutable, listFolder, makeFolder, readText } from '../files.ts';
import { holdUdev } from '../udev.ts';

const FOLDER = '/run/lvmedic/mnt';
const MAPPED = 'lvmedic-look';

/** Options with which a filesystem is mounted without its journal being replayed. */
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

/**
 * Mounts `node` for as long as `look` takes, and writes nothing to it. Options alone do not keep ext4 from that: it
 * clears its list of orphans even when it is mounted read-only, unless the device refuses to be written to. So it is
 * mounted through a mapping that does.
 */
export async function quietMount<T>(
  runner: Runner,
  node: string,
  filesystem: string,
  look: (folder: string) => Result<T, string>,
): Promise<Result<T, string>> {
  const options = quietOptions(filesystem);
  const [mount, umount, dmsetup] = ['mount', 'umount', 'dmsetup'].map(findExecutable);
  if (options === null) return err(`${filesystem} cannot be mounted without writing to it`);
  if (!mount || !umount || !dmsetup) return err('mount or dmsetup is not here');
  // A second device with the same UUID is nothing that udev shall see.
  const letUdevGo = await holdUdev(runner);
  try {
    return await mapped(runner, dmsetup, node, async (readOnly) => {
      const failed = folderFailure();
      if (failed !== null) return err(failed);
      const mounted = await runner.run([mount, '-t', filesystem, '-o', options, readOnly, FOLDER]);
      if (mounted.exitCode !== 0) return err(`${node} cannot be mounted (${mounted.stderr.trim()})`);
      try {
        return look(FOLDER);
      } finally {
        await runner.run([umount, FOLDER]);
      }
    });
  } finally {
    await letUdevGo();
  }
}

function folderFailure(): string | null {
  try {
    makeFolder(FOLDER);
    return null;
  } catch (error) {
    return `${FOLDER} cannot be made (${codeOf(error)})`;
  }
}

/** Has `use` look through a read-only mapping of the node, which is taken away after it. */
async function mapped<T>(
  runner: Runner,
  dmsetup: string,
  node: string,
  use: (readOnly: string) => Promise<Result<T, string>>,
): Promise<Result<T, string>> {
  const name = path.basename(fs.realpathSync(node));
  const sectors = Number(readText(`/sys/class/block/${name}/size`) ?? Number.NaN);
  if (!(sectors > 0)) return err(`the size of ${node} is not known`);
  // Neither waits for udev, which is held.
  const byItself = ['--noudevsync', '--noudevrules'];
  const table = `0 ${sectors} linear ${node} 0`;
  // Of a run that was killed.
  if (mappedNode() !== null) await runner.run([dmsetup, 'remove', ...byItself, MAPPED]);
  const made = await runner.run([dmsetup, 'create', ...byItself, '--readonly', '--table', table, MAPPED]);
  if (made.exitCode !== 0) return err(`${node} cannot be looked at (${made.stderr.trim()})`);
  const readOnly = mappedNode();
  const used = readOnly === null ? err(`${node} cannot be looked at`) : await use(readOnly);
  await runner.run([dmsetup, 'remove', ...byItself, '--retry', MAPPED]);
  return used;
}

/** As the kernel calls it: nobody else makes a node for it now. */
function mappedNode(): string | null {
  const name = listFolder('/sys/block').find((each) => readText(`/sys/block/${each}/dm/name`) === MAPPED);
  return name === undefined ? null : `/dev/${name}`;
}
