import fs from 'node:fs';
import path from 'node:path';
import type { ReplicaTarget, SpansOf } from '../engine/ports.ts';
import type { BlockReader } from '../model/block-reader.ts';
import type { PlanText } from '../model/plan.ts';
import { err, ok, type Result } from '../model/result.ts';
import type { Region } from '../model/survey.ts';
import { isBlank } from '../ondisk/lvm2/bytes.ts';
import { describeDevice } from './devices.ts';
import { codeOf, fileReader } from './files.ts';
import { attachLoop, type Loop } from './loops.ts';
import { replicaLvmContext, type TargetContext } from './lvm-context.ts';
import { access, type OpenedRegion, openNode } from './opened-regions.ts';
import { makeReplicaFolder } from './replica-folder.ts';
import { holdUdev } from './udev.ts';

/** lvm must not ask udev about replicas, nor keep anything of them. */
const REPLICA_CONF = `devices { obtain_device_list_from_udev = 0 use_devicesfile = 0 }
global { event_activation = 0 }
activation { udev_sync = 0 udev_rules = 0 monitoring = 0 }
backup { backup = 0 archive = 0 }
`;

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
  const opened: OpenedRegion[] = [];
  const release = async () => {
    for (const { fd } of opened) fs.closeSync(fd);
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
      opened.push(openNode(region, loop.value.node));
    }
  } catch (error) {
    await release();
    return err(`no copy of the metadata could be made (${codeOf(error)})`);
  }
  return ok({
    kind: 'replica',
    ...access(opened, context.runner),
    pathOf: (textId) => path.join(folder, textId),
    environment: { LVM_SYSTEM_DIR: path.join(folder, 'lvm') },
    lvmContext: (nodes) => replicaLvmContext(context, nodes, path.join(folder, 'lock')),
    release,
  });
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
