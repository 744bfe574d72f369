import fs from 'node:fs';
import type { RegionPlace, Runner, Target } from '../engine/ports.ts';
import { codeOf, fileReader, fileWriter, findExecutable } from './files.ts';

/** A region and the node that it is read and written through, by us and by lvm. */
export interface OpenedRegion {
  readonly regionId: string;
  readonly node: string;
  readonly fd: number;
  readonly sizeBytes: number;
}

export function openNode(region: RegionPlace, node: string): OpenedRegion {
  return { regionId: region.id, node, fd: fs.openSync(node, 'r+'), sizeBytes: region.sizeBytes };
}

/** What replicas and live disks have in common: how their regions are reached. */
export function access(
  opened: readonly OpenedRegion[],
  runner: Runner,
): Pick<Target, 'nodeOf' | 'reader' | 'writer' | 'forgetCached'> {
  const find = (regionId: string): OpenedRegion => {
    const found = opened.find((each) => each.regionId === regionId);
    if (found === undefined) throw new Error(`region ${regionId} is not open`);
    return found;
  };
  return {
    nodeOf: (regionId) => find(regionId).node,
    reader: (regionId) => fileReader(find(regionId).fd, find(regionId).sizeBytes),
    writer: (regionId) => fileWriter(find(regionId).fd),
    async forgetCached() {
      if (await flushBuffers(opened, runner)) return;
      const failure = dropPageCache(opened);
      if (failure !== null) {
        process.emitWarning(`the disks may be read from memory, which could not be dropped (${failure})`);
      }
    },
  };
}

async function flushBuffers(opened: readonly OpenedRegion[], runner: Runner): Promise<boolean> {
  const blockdev = findExecutable('blockdev');
  if (blockdev === null) return false;
  for (const { node } of opened) {
    const run = await runner.run([blockdev, '--flushbufs', node]);
    if (run.exitCode !== 0) return false;
  }
  return true;
}

/** For want of blockdev: what the kernel remembers of every disk, which costs the machine a moment and nothing else. */
function dropPageCache(opened: readonly OpenedRegion[]): string | null {
  try {
    // Only what is written is dropped.
    for (const { fd } of opened) fs.fsyncSync(fd);
    fs.writeFileSync('/proc/sys/vm/drop_caches', '1');
    return null;
  } catch (error) {
    return codeOf(error);
  }
}
