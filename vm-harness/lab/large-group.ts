import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VG } from './layouts.ts';
import { fixedId } from './ondisk.ts';
import type { DiskSpec, LabWorld } from './world.ts';

const EXTENTS_PER_DISK = 80;
/** In lvm's usual area of 1 MiB, a text of 1,000 LVs leaves no room for older generations. */
const METADATA_SIZE = '4m';

/** Disks `d1`… for {@link buildLargeGroup}. They are sparse, and stay so. */
export function largeGroupDisks(count: number): DiskSpec[] {
  return Array.from({ length: count }, (_, n) => ({ name: `d${n + 1}`, sizeMiB: EXTENTS_PER_DISK + 8 }));
}

/**
 * One volume group over all disks of a world, with so many LVs of two segments each and a few generations in
 * every ring. The LVs come in one text (`lvm vgcfgrestore`): to make them one by one takes minutes.
 */
export function buildLargeGroup(world: LabWorld, lvCount: number): void {
  const disks = world.present();
  const nodes = disks.map((disk) => world.node(disk));
  world.lvm(['pvcreate', '-y', '--metadatasize', METADATA_SIZE, ...nodes]);
  world.lvm(['vgcreate', '-s', '1m', VG, ...nodes]);
  const file = join(world.dir, 'large.vg');
  world.lvm(['vgcfgbackup', '-f', file, VG]);
  const empty = readFileSync(file, 'latin1');
  const end = empty.lastIndexOf('\n\t}\n') + '\n\t}\n'.length;
  const lvs = `\n\tlogical_volumes {\n${logicalVolumes(disks.length, lvCount)}\t}\n`;
  writeFileSync(file, empty.slice(0, end) + lvs + empty.slice(end), 'latin1');
  world.lvm(['vgcfgrestore', '-f', file, VG]);
  for (const tag of ['first', 'second', 'third']) world.lvm(['vgchange', '--addtag', tag, VG]);
}

/** LV sections as lvm writes them. Each LV has one segment on one disk and one on the next. */
function logicalVolumes(diskCount: number, lvCount: number): string {
  const nextExtent = new Array<number>(diskCount).fill(0);
  const take = (disk: number, extentCount: number): string => {
    const start = nextExtent[disk] ?? 0;
    nextExtent[disk] = start + extentCount;
    if (start + extentCount > EXTENTS_PER_DISK)
      throw new Error(`${lvCount} LVs do not fit ${diskCount} disks`);
    return `"pv${disk}", ${start}`;
  };
  const extentCount = Math.floor((diskCount * EXTENTS_PER_DISK) / lvCount / 2);
  const segment = (number: number, disk: number) => `			segment${number} {
				start_extent = ${(number - 1) * extentCount}
				extent_count = ${extentCount}
				type = "striped"
				stripe_count = 1
				stripes = [
					${take(disk, extentCount)}
				]
			}
`;
  return Array.from({ length: lvCount }, (_, n) => {
    const disk = n % diskCount;
    return `		lv${n} {
			id = "${fixedId('LV', `large${n}`)}"
			status = ["READ", "WRITE", "VISIBLE"]
			flags = []
			creation_time = ${1_700_000_000 + n}
			creation_host = "lab"
			segment_count = 2
${segment(1, disk)}${segment(2, (disk + 1) % diskCount)}		}
`;
  }).join('\n');
}
