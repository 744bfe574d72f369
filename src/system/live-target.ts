import fs from 'node:fs';
import type { LiveTarget, RegionPlace } from '../engine/ports.ts';
import { err, ok, type Result } from '../model/result.ts';
import { hasHolders } from './devices.ts';
import { codeOf } from './files.ts';
import { attachLoop, type Loop, loopsOver } from './loops.ts';
import { liveLvmContext, type TargetContext } from './lvm-context.ts';
import { isClaimed } from './machine.ts';
import { access, type OpenedRegion, openNode } from './opened-regions.ts';

/** The disks themselves: their nodes, or loop devices where a region has none. */
export async function openLive(
  context: TargetContext,
  regions: readonly RegionPlace[],
): Promise<Result<LiveTarget, string>> {
  const loops: Loop[] = [];
  const opened: OpenedRegion[] = [];
  const release = async () => {
    for (const { fd } of opened) fs.closeSync(fd);
    for (const loop of loops) loop.detach();
  };
  for (const region of regions) {
    const loop = region.node === null ? await loopOver(context, region) : null;
    if (loop?.ok === false) {
      await release();
      return loop;
    }
    if (loop !== null) loops.push(loop.value);
    const node = loop?.value.node ?? region.node ?? '';
    try {
      if (loop === null && !hasHolders(node) && isClaimed(node)) {
        throw new Error('it is mounted or used by another program');
      }
      opened.push(openNode(region, node));
    } catch (error) {
      await release();
      return err(`${region.id} cannot be opened for writing (${codeOf(error)})`);
    }
  }
  return ok({
    kind: 'live',
    ...access(opened, context.runner),
    pathOf: (textId) => textId,
    environment: process.env.LVM_SYSTEM_DIR ? { LVM_SYSTEM_DIR: process.env.LVM_SYSTEM_DIR } : {},
    lvmContext: (nodes) => liveLvmContext(context, nodes),
    release,
  });
}

async function loopOver(context: TargetContext, region: RegionPlace): Promise<Result<Loop, string>> {
  const others = loopsOver(fs.realpathSync(region.device));
  if (others.length > 0) {
    return err(
      `${region.device} is attached as ${others.join(', ')}: name that device as TARGET, or detach it first`,
    );
  }
  const { startBytes: offsetBytes, sizeBytes } = region;
  return attachLoop(context.runner, region.device, { offsetBytes, sizeBytes, sectorBytes: 512 });
}
