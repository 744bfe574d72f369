import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { LiveTarget, RegionPlace, ReplicaTarget, Runner, SpansOf, Target } from '../engine/ports.ts';
import type { LvmContext } from '../lvm/command.ts';
import type { BlockReader } from '../model/block-reader.ts';
import type { PlanText } from '../model/plan.ts';
import { err, ok, type Result } from '../model/result.ts';
import type { LvmTool, Region } from '../model/survey.ts';
import { isBlank } from '../ondisk/lvm2/bytes.ts';
import { describeDevice, hasHolders } from './devices.ts';
import { codeOf, fileReader, fileWriter, findExecutable, listFolder, makeFolder } from './files.ts';
import { attachLoop, type Loop, loopsOver } from './loops.ts';
import { isClaimed } from './machine.ts';
import { holdUdev } from './udev.ts';

/** lvm must not ask udev about replicas, nor keep anything of them. */
const REPLICA_CONF = `devices { obtain_device_list_from_udev = 0 use_devicesfile = 0 }
global { event_activation = 0 }
activation { udev_sync = 0 udev_rules = 0 monitoring = 0 }
backup { backup = 0 archive = 0 }
`;

const REPLICA = 'replica-';

interface Attached {
  readonly regionId: string;
  readonly node: string;
  readonly fd: number;
  readonly sizeBytes: number;
}

export interface TargetContext {
  readonly runner: Runner;
  readonly lvm: LvmTool | null;
  readonly deviceMapper: boolean;
  readonly targetsGiven: boolean;
  readonly stateDir: string;
}

/** Sparse files of the regions' sizes that hold the given spans alone, on loop devices, for a private lvm. */
export async function openReplicas(
  context: TargetContext,
  regions: readonly Region[],
  texts: readonly PlanText[],
  spansOf: SpansOf,
): Promise<Result<ReplicaTarget, string>> {
  const neededBytes = regions.reduce(
    (sum, region) => sum + spansOf(region).reduce((n, span) => n + span.lengthBytes, 0),
    0,
  );
  const made = makeReplicaFolder(context.stateDir, neededBytes);
  if (!made.ok) return made;
  const folder = made.value;
  const releaseUdev = await holdUdev(context.runner);
  const loops: Loop[] = [];
  const attached: Attached[] = [];
  const release = async () => {
    for (const { fd } of attached) fs.closeSync(fd);
    for (const loop of loops) loop.detach();
    await releaseUdev();
    fs.rmSync(folder, { recursive: true, force: true });
  };
  try {
    fs.mkdirSync(path.join(folder, 'lvm'));
    fs.writeFileSync(path.join(folder, 'lvm/lvm.conf'), REPLICA_CONF);
    for (const text of texts) fs.writeFileSync(path.join(folder, text.id), text.bytes);
    for (const [index, region] of regions.entries()) {
      const file = path.join(folder, `${index}.img`);
      const sectorBytes = copySpans(region, spansOf, file);
      const loop = await attachLoop(context.runner, file, {
        offsetBytes: 0,
        sizeBytes: region.sizeBytes,
        sectorBytes,
      });
      if (!loop.ok) {
        await release();
        return loop;
      }
      loops.push(loop.value);
      attached.push(openNode(region, loop.value.node));
    }
  } catch (error) {
    await release();
    return err(`no copy of the metadata could be made (${codeOf(error)})`);
  }
  return ok({
    kind: 'replica',
    ...access(attached, context.runner),
    pathOf: (textId) => path.join(folder, textId),
    environment: { LVM_SYSTEM_DIR: path.join(folder, 'lvm') },
    lvmContext: (nodes) => ({
      ...lvmOf(context),
      nodes,
      // The kernel may have the real volumes mapped under the same ids: the rehearsal must not see them.
      deviceMapper: false,
      keepsBackups: false,
      lockDir: path.join(folder, 'lock'),
      withoutLocks: false,
    }),
    release,
  });
}

/** The disks themselves: their nodes, or loop devices where a region has none. */
export async function openLive(
  context: TargetContext,
  regions: readonly RegionPlace[],
): Promise<Result<LiveTarget, string>> {
  const loops: Loop[] = [];
  const attached: Attached[] = [];
  const release = async () => {
    for (const { fd } of attached) fs.closeSync(fd);
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
      attached.push(openNode(region, node));
    } catch (error) {
      await release();
      return err(`${region.id} cannot be opened for writing (${codeOf(error)})`);
    }
  }
  return ok({
    kind: 'live',
    ...access(attached, context.runner),
    pathOf: (textId) => textId,
    environment: process.env.LVM_SYSTEM_DIR ? { LVM_SYSTEM_DIR: process.env.LVM_SYSTEM_DIR } : {},
    lvmContext: (nodes) => liveLvmContext(context, nodes),
    release,
  });
}

/** How lvm is run on the disks themselves. */
export function liveLvmContext(
  context: Pick<TargetContext, 'lvm' | 'deviceMapper' | 'targetsGiven'>,
  nodes: readonly string[],
): LvmContext {
  return {
    ...lvmOf(context),
    nodes,
    deviceMapper: context.deviceMapper,
    keepsBackups: !context.targetsGiven,
    lockDir: null,
    withoutLocks: !canLock(),
  };
}

function lvmOf({ lvm }: Pick<TargetContext, 'lvm'>): { lvmPath: string; version: string } {
  return { lvmPath: lvm?.path ?? 'lvm', version: lvm?.version ?? '0' };
}

function access(
  attached: readonly Attached[],
  runner: Runner,
): Pick<Target, 'nodeOf' | 'reader' | 'writer' | 'forgetCached'> {
  const find = (regionId: string): Attached => {
    const found = attached.find((each) => each.regionId === regionId);
    if (found === undefined) throw new Error(`region ${regionId} is not open`);
    return found;
  };
  return {
    nodeOf: (regionId) => find(regionId).node,
    reader: (regionId) => fileReader(find(regionId).fd, find(regionId).sizeBytes),
    writer: (regionId) => fileWriter(find(regionId).fd),
    async forgetCached() {
      const blockdev = findExecutable('blockdev');
      if (blockdev === null) return;
      for (const { node } of attached) await runner.run([blockdev, '--flushbufs', node]);
    },
  };
}

function openNode(region: RegionPlace, node: string): Attached {
  return { regionId: region.id, node, fd: fs.openSync(node, 'r+'), sizeBytes: region.sizeBytes };
}

/** Copies the spans of a region into a sparse file; returns the region's sector size. */
function copySpans(region: Region, spansOf: SpansOf, file: string): number {
  const from = fs.openSync(region.node ?? region.device, 'r');
  const to = fs.openSync(file, 'wx', 0o600);
  try {
    const base = region.node === null ? region.startBytes : 0;
    const source = fileReader(from, base + region.sizeBytes);
    fs.ftruncateSync(to, region.sizeBytes);
    for (const { offsetBytes, lengthBytes } of spansOf(region))
      copy(source, base + offsetBytes, to, offsetBytes, lengthBytes);
    return region.node === null ? 512 : (describeDevice(region.node, from).sectorBytes ?? 512);
  } finally {
    fs.closeSync(from);
    fs.closeSync(to);
  }
}

const CHUNK_BYTES = 64 * 1024;

function copy(source: BlockReader, from: number, fd: number, to: number, lengthBytes: number): void {
  for (let at = 0; at < lengthBytes; at += CHUNK_BYTES) {
    const read = source.read(from + at, Math.min(CHUNK_BYTES, lengthBytes - at));
    if (!read.ok) throw new Error(`read error ${read.error.code} at byte ${read.error.offsetBytes}`);
    if (!isBlank(read.value)) fs.writeSync(fd, read.value, 0, read.value.length, to + at);
  }
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

/** lvm's lock folder, or the one above it that lvm would make it in, can be written. */
function canLock(): boolean {
  const folder = ['/run/lock/lvm', '/run/lock', '/run'].find((each) => fs.existsSync(each));
  try {
    fs.accessSync(folder ?? '/', fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Copies that a killed rehearsal left: they lie in memory. */
function removeOrphans(parent: string): void {
  for (const name of listFolder(parent)) {
    const pid = name.startsWith(REPLICA) ? name.slice(REPLICA.length).split('-')[0] : undefined;
    if (pid !== undefined && !fs.existsSync(`/proc/${pid}`))
      fs.rmSync(path.join(parent, name), { recursive: true });
  }
}

/** A private folder with room for the copies: in memory first, then where the undo records lie. */
function makeReplicaFolder(stateDir: string, neededBytes: number): Result<string, string> {
  for (const parent of ['/run/lvmedic', stateDir, os.tmpdir()]) {
    try {
      makeFolder(parent);
      removeOrphans(parent);
      const { bavail, bsize } = fs.statfsSync(parent);
      if (bavail * bsize > neededBytes * 1.25)
        return ok(fs.mkdtempSync(path.join(parent, `${REPLICA}${process.pid}-`)));
    } catch {}
  }
  return err(`there is no room for copies of the metadata (${neededBytes} bytes)`);
}
