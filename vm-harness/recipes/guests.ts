import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MIB, run } from '../lab/host.ts';
import { createLv, partitionDisk, pvcreate, remember, VG } from '../lab/layouts.ts';
import { copyLv, geometries, layPayload } from '../lab/payload.ts';
import type { DiskSpec, LabWorld } from '../lab/world.ts';
import { declined, type Recipe, repaired } from './recipe.ts';

/** What happens to the disks of an installed system (`guest/layout.ts`). */
export interface GuestRecipe extends Pick<Recipe, 'id' | 'title' | 'seeds' | 'break' | 'expect'> {
  readonly kernelArguments?: readonly string[];
  /** Empty, beside the system's own. */
  readonly moreDisks?: readonly DiskSpec[];
}

const THIRD_MIB = 72;
const THIRD: DiskSpec = {
  name: 'd3',
  sizeMiB: THIRD_MIB + 2,
  partition: { startMiB: 1, sizeMiB: THIRD_MIB },
};
const ABSENT = /absent|attach/i;

/** Incidents that only a booting machine can have: the disks alone do not show them. */
export const guestRecipes: readonly GuestRecipe[] = [
  {
    id: 'lvm2-not-activated',
    title: 'the kernel command line names another volume than the one that root is on',
    seeds: ['A1'],
    break: () => {},
    kernelArguments: ['rd.lvm.lv=vm1-vg/swap_1'],
    expect: repaired('lvm2-not-activated'),
  },
  {
    id: 'guest/absent-unneeded',
    title: 'the disk that was not restored holds only a volume that boot does without',
    seeds: ['A3', 'A7'],
    moreDisks: [THIRD],
    break: (world) => {
      extendGroup(world);
      createLv(world, 'archive', ['d3:0-31']);
      world.pullOut('d3');
    },
    expect: declined(ABSENT, 'lvm2-pv-absent'),
  },
  {
    id: 'guest/orphans',
    title: 'the same, and root has files that were deleted while a program had them open',
    seeds: ['A3', 'A7'],
    moreDisks: [THIRD],
    break: (world) => {
      const root = contentOf(world, 'root', (file) => {
        leaveOrphan(file);
        return readFileSync(file);
      });
      extendGroup(world);
      createLv(world, 'archive', ['d3:0-31']);
      layPayload(world, `${VG}/root`, root, geometries(world));
      world.pullOut('d3');
    },
    expect: declined(ABSENT, 'lvm2-pv-absent'),
  },
  {
    id: 'guest/absent-home',
    title: 'root is whole, and the disk that was not restored holds /home',
    seeds: ['A3', 'A7'],
    moreDisks: [THIRD],
    break: (world) => {
      extendGroup(world);
      const home = contentOf(world, 'home', (file) => readFileSync(file));
      world.lvm(['lvremove', '-y', `${VG}/home`]);
      createLv(world, 'home', ['d3:0-63']);
      remember(world);
      layPayload(world, `${VG}/home`, home, geometries(world));
      world.pullOut('d3');
    },
    expect: declined(ABSENT, 'lvm2-pv-absent'),
  },
  {
    id: 'guest/absent-part-of-root',
    title: 'the disk that was not restored holds the last, still empty part of root',
    seeds: ['A3', 'A7'],
    moreDisks: [THIRD],
    break: (world) => {
      extendGroup(world);
      const root = contentOf(world, 'root', (file) => {
        run('truncate', ['-s', `+${64 * MIB}`, file]);
        run('resize2fs', [file]);
        // As of a machine that was running: with a journal to replay, which nobody may.
        run('debugfs', ['-w', '-R', 'feature needs_recovery', file]);
        return readFileSync(file);
      });
      world.lvm(['lvextend', '-l', '+64', `${VG}/root`, `${world.node('d3')}:0-63`]);
      remember(world);
      layPayload(world, `${VG}/root`, root, geometries(world));
      world.pullOut('d3');
    },
    expect: declined(ABSENT, 'lvm2-pv-absent'),
  },
];

function extendGroup(world: LabWorld): void {
  partitionDisk(world, 'd3');
  pvcreate(world, 'd3');
  world.lvm(['vgextend', VG, world.node('d3')]);
}

/** ext4 frees the inodes of this list at the next mount, a read-only one included. */
function leaveOrphan(image: string): void {
  const debugfs = (command: string) => run('debugfs', ['-w', '-R', command, image]);
  const inode = /Allocated inode: (\d+)/.exec(debugfs('write /etc/hostname orphan'))?.[1];
  if (inode === undefined) throw new Error('debugfs wrote no file');
  debugfs('unlink orphan');
  debugfs(`set_inode_field <${inode}> links_count 0`);
  debugfs(`set_super_value last_orphan ${inode}`);
}

/** Hands an LV's content over as a file. */
function contentOf<Value>(world: LabWorld, lv: string, use: (file: string) => Value): Value {
  const file = join(world.dir, `${lv}.content`);
  try {
    copyLv(world, `${VG}/${lv}`, world.truth.lvs[`${VG}/${lv}`] ?? [], geometries(world), file);
    return use(file);
  } finally {
    rmSync(file, { force: true });
  }
}
