import fs from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { LiveTarget, RegionPlace } from '../engine/ports.ts';
import { err, ok, type Result } from '../model/result.ts';
import { hasHolders } from './devices.ts';
import { codeOf } from './files.ts';
import { attachLoop, type Loop, loopsOver } from './loops.ts';
import { liveLvmContext, type TargetContext } from './lvm-context.ts';
import { isClaimed } from './machine.ts';
import { access, type OpenedRegion, openNode } from './opened-regions.ts';

const FREED_WITHIN_MS = 2000;
const FREED_POLL_MS = 20;

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
  // Asked before any is made here: several regions of one image get a loop device each.
  const taken = await attachedElsewhere(regions);
  if (taken !== null) return err(taken);
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

/** Why a loop device of ours would be one too many over an image; null when it is not. */
async function attachedElsewhere(regions: readonly RegionPlace[]): Promise<string | null> {
  const images = new Set(regions.flatMap(({ node, device }) => (node === null ? [device] : [])));
  for (const image of images) {
    const others = await heldLoops(fs.realpathSync(image));
    if (others.length > 0) {
      return `${image} is attached as ${others.join(', ')}: name that device as TARGET, or detach it first`;
    }
  }
  return null;
}

/** The kernel frees a loop device a moment after its last close, which may just have been ours, or a killed run's. */
async function heldLoops(file: string): Promise<string[]> {
  const deadlineMs = Date.now() + FREED_WITHIN_MS;
  let others = loopsOver(file);
  while (others.length > 0 && Date.now() < deadlineMs) {
    await setTimeout(FREED_POLL_MS);
    others = loopsOver(file);
  }
  return others;
}

function loopOver(context: TargetContext, region: RegionPlace): Promise<Result<Loop, string>> {
  const { startBytes: offsetBytes, sizeBytes, device } = region;
  return attachLoop(context.runner, device, { offsetBytes, sizeBytes, sectorBytes: 512 });
}
