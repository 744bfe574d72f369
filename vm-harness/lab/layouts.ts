import { readFileSync, writeFileSync } from 'node:fs';
import { groupsOn } from './groups.ts';
import { MIB, run } from './host.ts';
import { exchangeAll, exchangeInArea, fixedId } from './ondisk.ts';
import { ext4, type Geometry, geometries, layPayload, lvMaps, noise } from './payload.ts';
import type { DiskSpec, LabWorld } from './world.ts';

/** The VG of the restored VM in every recipe. */
export const VG = 'vm1-vg';
/** A VG on a disk of its own that no repair may touch. */
export const BYSTANDER_VG = 'other-vg';
const BYSTANDER = 'bystander';

const BYSTANDERS: readonly DiskSpec[] = [
  { name: BYSTANDER, sizeMiB: 16 },
  { name: 'empty', sizeMiB: 9 },
  { name: 'orphan', sizeMiB: 10 },
  { name: 'plain-ext4', sizeMiB: 11 },
];

/** Disks `d1`… for the VG, and those that have nothing to do with it: another VG, an orphan PV, an empty disk, plain ext4. */
export function vgDisks(count: number, each: Partial<DiskSpec> = {}): DiskSpec[] {
  const disks: DiskSpec[] = [];
  for (let n = 1; n <= count; n++) disks.push({ name: `d${n}`, sizeMiB: 40, ...each });
  return [...disks, ...BYSTANDERS];
}

export interface Standard {
  readonly pvcreate?: readonly string[];
  readonly pvcreateOf?: Readonly<Record<string, readonly string[]>>;
  readonly vgcreate?: readonly string[];
  readonly archive?: boolean;
  /** Runs when the PVs are made and in no VG yet. */
  readonly before?: (world: LabWorld) => void;
  /** Runs after the LVs are made and before content is laid and ids are fixed. */
  readonly also?: (world: LabWorld) => void;
}

/** Where each LV's extents lie on so many PVs; extents of 1 MiB. `root` always crosses from d1 to d2. */
const LVS: Readonly<Record<number, readonly (readonly [lv: string, ...ranges: string[]])[]>> = {
  1: [
    ['root', 'd1:0-23'],
    ['swap_1', 'd1:24-27'],
    ['home', 'd1:28-34'],
  ],
  2: [
    ['root', 'd1:0-19', 'd2:0-11'],
    ['swap_1', 'd1:20-23'],
    ['home', 'd2:12-27'],
  ],
  3: [
    ['root', 'd1:0-19', 'd2:0-11'],
    ['swap_1', 'd1:20-23'],
    ['home', 'd2:12-27'],
    ['srv', 'd3:0-11'],
  ],
  4: [
    ['root', 'd1:0-19', 'd2:0-11'],
    ['swap_1', 'd1:20-23'],
    ['home', 'd2:12-27'],
    ['srv', 'd3:0-11'],
    ['var', 'd4:2-13'],
  ],
};

/**
 * The build of most recipes: {@link VG} on all `d…` disks with a root that spans two of them, swap and
 * home, with real filesystems in them, all ids fixed.
 */
export function standard(pvCount: 1 | 2 | 3 | 4, options: Standard = {}): (world: LabWorld) => void {
  const key =
    options.also === undefined && options.before === undefined ? JSON.stringify([pvCount, options]) : null;
  const known = key === null ? undefined : standards.get(key);
  const made = known ?? build(pvCount, options);
  if (key !== null) standards.set(key, made);
  return made;
}

/** The same options give the same function, so that recipes can share what it builds. */
const standards = new Map<string, (world: LabWorld) => void>();

function build(pvCount: 1 | 2 | 3 | 4, options: Standard): (world: LabWorld) => void {
  return (world) => {
    world.archive = options.archive ?? true;
    const disks = Array.from({ length: pvCount }, (_, n) => `d${n + 1}`);
    for (const disk of disks) partitionDisk(world, disk);
    buildBystanders(world);
    for (const disk of disks) pvcreate(world, disk, options.pvcreateOf?.[disk] ?? options.pvcreate ?? []);
    options.before?.(world);
    world.lvm([
      'vgcreate',
      '-s',
      '1m',
      ...(options.vgcreate ?? []),
      VG,
      ...disks.map((disk) => world.node(disk)),
    ]);
    for (const [lv, ...ranges] of LVS[pvCount] ?? []) createLv(world, lv, ranges);
    options.also?.(world);
    fixIds(world);
    remember(world);
    const places = geometries(world);
    for (const name of Object.keys(world.truth.lvs)) layContent(world, name, places);
  };
}

/** `ranges` like `d1:0-19`, in extents. */
export function createLv(
  world: LabWorld,
  lv: string,
  ranges: readonly string[],
  args: readonly string[] = [],
): void {
  let extents = 0;
  const places = ranges.map((range) => {
    const [, disk = '', from = '', to = ''] = /^(\w+):(\d+)-(\d+)$/.exec(range) ?? [];
    extents += Number(to) - Number(from) + 1;
    return `${world.node(disk)}:${from}-${to}`;
  });
  world.lvm(['lvcreate', '-an', '-Zn', '-Wn', '-y', '-n', lv, '-l', String(extents), ...args, VG, ...places]);
}

export function pvcreate(world: LabWorld, disk: string, args: readonly string[] = []): void {
  world.lvm(['pvcreate', '-y', '--uuid', fixedId('PV', disk), '--norestorefile', ...args, world.node(disk)]);
}

/** Lays the partition that the disk's spec asks for, if any. */
export function partitionDisk(world: LabWorld, disk: string): void {
  const { partition } = world.spec(disk);
  if (partition === undefined) return;
  const end = (partition.startMiB + partition.sizeMiB) * 2048 - 1;
  run('sgdisk', [
    '-a',
    '1',
    '-n',
    `1:${partition.startMiB * 2048}:${end}`,
    '-t',
    '1:8e00',
    world.image(disk),
  ]);
}

function buildBystanders(world: LabWorld): void {
  pvcreate(world, BYSTANDER);
  world.lvm(['vgcreate', '-s', '1m', BYSTANDER_VG, world.node(BYSTANDER)]);
  world.lvm(['lvcreate', '-an', '-Zn', '-Wn', '-y', '-n', 'data', '-l', '9', BYSTANDER_VG]);
  pvcreate(world, 'orphan');
  world.overwrite('plain-ext4', 0, ext4('plain', world.spec('plain-ext4').sizeMiB));
}

function layContent(world: LabWorld, name: string, places: ReadonlyMap<string, Geometry>): void {
  const segments = world.truth.lvs[name] ?? [];
  // RAID, caches and their sub-LVs have no device-mapper here that would keep them in step.
  if (
    /_r(meta|image)_|_c(data|meta|orig)$|_pmspare$/.test(name) ||
    segments.some((segment) => segment.type !== 'linear' && segment.type !== 'striped')
  )
    return;
  const extents = segments.reduce((sum, segment) => sum + segment.extentCount, 0);
  const lv = name.split('/')[1] ?? '';
  layPayload(world, name, lv.startsWith('swap') ? swap(name, extents) : ext4(lv, extents), places);
}

/** A swap area whose pages hold something, so that a wrong mapping shows. */
function swap(seed: string, sizeMiB: number): Buffer {
  const bytes = noise(seed, sizeMiB * MIB);
  bytes.fill(0, 0, 4096);
  bytes.writeUInt32LE(1, 1024);
  bytes.writeUInt32LE((sizeMiB * MIB) / 4096 - 1, 1028);
  bytes.write('SWAPSPACE2', 4086, 'latin1');
  return bytes;
}

/** What stands now is the truth: LVs with their extents, and tags. Content stays what was laid last. */
export function remember(world: LabWorld): void {
  world.truth.lvs = lvMaps(world);
  rememberTags(world);
}

/** The tags of the newest generation, which every repair keeps; for breaks that change nothing else rightly. */
export function rememberTags(world: LabWorld, options: { without?: readonly string[] } = {}): void {
  for (const { name, tags } of groupsOn(world, options.without).values()) world.truth.tags[name] = tags;
}

/** Gives the VGs and LVs ids that are the same in every build, in every generation and file. */
function fixIds(world: LabWorld): void {
  const exchanges = new Map<string, string>();
  for (const { name, id, lvIds } of groupsOn(world).values()) {
    exchanges.set(id, fixedId('VG', name));
    for (const [lv, lvId] of Object.entries(lvIds)) exchanges.set(lvId, fixedId('LV', lv));
  }
  world.detach();
  for (const disk of world.present()) {
    for (const mda of world.tryPv(disk)?.mdas ?? []) exchangeInArea(world.image(disk), mda, exchanges);
  }
  for (const vg of [VG, BYSTANDER_VG]) {
    for (const file of [...world.files('backup', vg), ...world.files('archive', vg)]) {
      const bytes = readFileSync(file);
      exchangeAll(bytes, exchanges);
      writeFileSync(file, bytes);
    }
  }
}
