import { createCipheriv, createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { groupsOn } from './groups.ts';
import { MIB, run, temporaryFolder } from './host.ts';
import { readBytes, writeBytes } from './ondisk.ts';
import type { LabWorld, LvSegment } from './world.ts';

const STEP_BYTES = MIB;

/** Images by label and size: files, because a large heap makes every spawn of a tool slow. */
const made = new Map<string, string>();
let madeIn: string | null = null;

/** A real ext4 with files of random content that is the same for the same label. */
export function ext4(label: string, sizeMiB: number): Buffer {
  const key = `${label}-${sizeMiB}`;
  const image = made.get(key) ?? makeExt4(label, sizeMiB, key);
  made.set(key, image);
  return readFileSync(image);
}

function makeExt4(label: string, sizeMiB: number, key: string): string {
  madeIn ??= temporaryFolder('lvmedic-ext4-');
  const tree = join(madeIn, 'tree');
  mkdirSync(join(tree, 'etc'), { recursive: true });
  writeFileSync(join(tree, 'etc/hostname'), `${label}\n`);
  // Enough to reach behind every LV boundary of the layouts.
  for (let file = 0; file < 8; file++) {
    writeFileSync(join(tree, `file-${file}`), noise(`${key}/${file}`, Math.floor((sizeMiB * MIB) / 14)));
  }
  const image = join(madeIn, key);
  writeFileSync(image, '');
  truncateSync(image, sizeMiB * MIB);
  const uuid = createHash('sha256')
    .update(key)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
  const options = ['-b', '1024', '-L', label, '-U', uuid, '-E', `hash_seed=${uuid},lazy_itable_init=0`];
  run('mke2fs', ['-q', '-t', 'ext4', ...options, '-d', tree, image]);
  rmSync(tree, { recursive: true });
  return image;
}

/** Bytes that look random and follow from the seed. */
export function noise(seed: string, lengthBytes: number): Buffer {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(lengthBytes));
}

export interface Geometry {
  readonly extentBytes: number;
  /** Where data begins on each disk, from the start of its PV. */
  readonly peStartBytes: Readonly<Record<string, number>>;
}

/** Every LV's extents by `vg/lv`, as the texts on the disks map them now. */
export function lvMaps(world: LabWorld): Record<string, readonly LvSegment[]> {
  return Object.fromEntries(
    [...groupsOn(world).values()].flatMap((group) =>
      Object.entries(group.lvs).map(([lv, segments]) => [`${group.name}/${lv}`, segments]),
    ),
  );
}

/** Where the extents of every VG begin on its disks, as the texts on them say. */
export function geometries(world: LabWorld): Map<string, Geometry> {
  return new Map(
    [...groupsOn(world)].map(([name, { extentBytes, peStartBytes }]) => [
      name,
      { extentBytes, peStartBytes },
    ]),
  );
}

/** Runs of bytes of an LV in order; throws where a piece has no place on a disk that is there. */
function* pieces(
  world: LabWorld,
  name: string,
  segments: readonly LvSegment[],
  geometries: ReadonlyMap<string, Geometry>,
): Generator<{ image: string; offsetBytes: number; lengthBytes: number }> {
  const vg = name.split('/')[0] ?? '';
  const { extentBytes, peStartBytes } = geometries.get(vg) ?? { extentBytes: 0, peStartBytes: {} };
  const place = (
    area: { disk: string; startExtent: number },
    within: number,
  ): { image: string; offsetBytes: number } => {
    const peStart = peStartBytes[area.disk];
    if (peStart === undefined) throw new Error(`${vg}: extents on a disk that is not there`);
    const offsetBytes = world.pvStartBytes(area.disk) + peStart + area.startExtent * extentBytes + within;
    return { image: world.image(area.disk), offsetBytes };
  };
  for (const segment of segments) {
    if (segment.type !== 'linear' && segment.type !== 'striped')
      throw new Error(`${vg}: cannot read a ${segment.type} segment`);
    const total = segment.extentCount * extentBytes;
    const step = segment.areas.length > 1 ? segment.stripeBytes : total;
    for (let at = 0; at < total; at += step) {
      const stripe = Math.floor(at / step);
      const area = segment.areas[stripe % segment.areas.length];
      if (area === undefined) throw new Error(`${vg}: a segment without areas`);
      yield { ...place(area, Math.floor(stripe / segment.areas.length) * step), lengthBytes: step };
    }
  }
}

/** Lays content at an LV's extents (it is never activated: there is no device-mapper in the lab). */
export function layPayload(
  world: LabWorld,
  name: string,
  content: Buffer,
  places: ReadonlyMap<string, Geometry>,
): void {
  const segments = world.truth.lvs[name];
  if (segments === undefined) throw new Error(`no LV ${name}`);
  const runs = [...pieces(world, name, segments, places)];
  world.detach();
  let at = 0;
  for (const run of runs) {
    if (at >= content.length) break;
    writeBytes(run.image, run.offsetBytes, content.subarray(at, at + run.lengthBytes));
    at += run.lengthBytes;
  }
  world.truth.payload[name] = createHash('sha256').update(content).digest('hex');
}

/** Copies an LV's content, byte by byte from where its extents lie, into a file; returns its sha256. */
export function copyLv(
  world: LabWorld,
  name: string,
  segments: readonly LvSegment[],
  places: ReadonlyMap<string, Geometry>,
  file: string,
): string {
  writeFileSync(file, '');
  const hash = createHash('sha256');
  for (const run of pieces(world, name, segments, places)) {
    for (let at = 0; at < run.lengthBytes; at += STEP_BYTES) {
      const bytes = readBytes(run.image, run.offsetBytes + at, Math.min(STEP_BYTES, run.lengthBytes - at));
      hash.update(bytes);
      appendFileSync(file, bytes);
    }
  }
  return hash.digest('hex');
}

/** What is wrong with an LV's content; empty when it is what was laid there and e2fsck finds it clean. */
export function payloadProblems(
  world: LabWorld,
  name: string,
  maps: Record<string, readonly LvSegment[]>,
  places: ReadonlyMap<string, Geometry>,
): string[] {
  const segments = maps[name];
  if (segments === undefined) return [`${name} is gone`];
  const copy = join(world.dir, 'content.img');
  try {
    const sha256 = copyLv(world, name, segments, places, copy);
    if (sha256 !== world.truth.payload[name]) return [`${name}: its content changed`];
    if (readBytes(copy, 1080, 2).readUInt16LE() === 0xef53) run('e2fsck', ['-f', '-n', copy]);
    return [];
  } catch (error) {
    return [`${name}: ${String(error)}`];
  } finally {
    rmSync(copy, { force: true });
  }
}
