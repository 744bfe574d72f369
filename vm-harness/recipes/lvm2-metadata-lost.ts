import { MIB, run } from '../lab/host.ts';
import { standard, VG, vgDisks } from '../lab/layouts.ts';
import { fixedId } from '../lab/ondisk.ts';
import { ext4 } from '../lab/payload.ts';
import type { LabWorld } from '../lab/world.ts';
import { addTag, wipeRing, zero } from './damage.ts';
import { asks, declined, type Recipe, repaired } from './recipe.ts';

/** The first half of the published way back, `pvcreate --uuid --restorefile`, without the second. */
function createUnderItsId(world: LabWorld): void {
  const [file = ''] = world.files('backup', VG);
  const id = fixedId('PV', 'd1');
  world.lvm(['pvcreate', '-ff', '-y', '--uuid', id, '--restorefile', file, world.node('d1')]);
}

const common = { seeds: ['C2'], disks: vgDisks(2), build: standard(2) } as const;

export const recipes: Recipe[] = [
  {
    ...common,
    id: 'lvm2-metadata-lost',
    title: 'the first MiB of a disk was zeroed',
    break: (world) => zero(world, 'd2'),
    expect: repaired('lvm2-metadata-lost'),
  },
  {
    ...common,
    id: 'lvm2-metadata-lost/dead-filesystem',
    title: 'the head of a filesystem was written over a disk, nothing of it is left behind that',
    break: (world) => {
      zero(world, 'd2');
      // Superblock and group descriptors; the inode tables they name hold zeros or LV data.
      world.overwrite('d2', 0, ext4('formatted', 40).subarray(0, 16 * 1024));
    },
    expect: repaired('lvm2-metadata-lost'),
  },
  {
    ...common,
    id: 'lvm2-metadata-lost/live-filesystem',
    title: 'somebody made a filesystem on the disk and uses it',
    break: (world) => world.overwrite('d2', 0, ext4('formatted', 40)),
    expect: declined(/filesystem|ext4/i, 'lvm2-metadata-lost'),
  },
  {
    ...common,
    id: 'lvm2-metadata-lost/empty-gpt',
    title: 'an empty partition table was written over a disk',
    break: (world) => {
      world.detach();
      run('sgdisk', ['-o', world.image('d2')]);
    },
    expect: repaired('lvm2-metadata-lost'),
  },
  {
    ...common,
    id: 'lvm2-metadata-lost/gpt-empty-partition',
    title: 'a partition table with one partition, never formatted, was written over a disk',
    break: (world) => {
      world.detach();
      run('sgdisk', ['-o', '-n', '1:2048:0', '-t', '1:8300', world.image('d2')]);
    },
    expect: repaired('lvm2-metadata-lost'),
  },
  {
    ...common,
    id: 'lvm2-metadata-lost/gpt-live-partition',
    title: 'somebody partitioned the disk, made a filesystem and uses it',
    break: (world) => {
      world.detach();
      run('sgdisk', ['-o', '-n', '1:2048:0', '-t', '1:8300', world.image('d2')]);
      world.overwrite('d2', MIB, ext4('formatted', 38));
    },
    expect: declined(/filesystem|partition|ext4/i, 'lvm2-metadata-lost'),
  },
  {
    id: 'lvm2-metadata-lost/only-disk',
    title: "the only disk was zeroed at its start; the guest's backup file is current",
    seeds: ['C2'],
    disks: vgDisks(1),
    build: standard(1),
    break: (world) => {
      world.forgetFiles('archive', VG);
      zero(world, 'd1');
    },
    // An initramfs holds the file of when it was made: that nothing newer was on the disk, nobody can say.
    expect: asks('repair', /what was changed after generation/, ['lvm2-metadata-lost']),
  },
  {
    id: 'lvm2-metadata-lost/created-under-its-id',
    title: 'the only disk was made a physical volume anew, under its old id, and vgcfgrestore never came',
    seeds: ['C2'],
    disks: vgDisks(1),
    build: standard(1),
    break: (world) => {
      for (const tag of ['a', 'b', 'c', 'd']) addTag(world, tag);
      createUnderItsId(world);
    },
    expect: repaired('lvm2-metadata-lost'),
  },
  {
    id: 'lvm2-metadata-lost/created-under-its-id-ring-gone',
    title:
      'the same, and pvcreate has written over all of the ring: only the backup file knows the volume group',
    seeds: ['C2'],
    disks: vgDisks(1),
    build: standard(1),
    break: (world) => {
      createUnderItsId(world);
      wipeRing(world, 'd1');
    },
    expect: asks('repair', /what was changed after generation/, ['lvm2-metadata-lost']),
  },
  {
    id: 'lvm2-metadata-lost/created-under-its-id-without-files',
    title: 'the same, and only the ring of the disk itself still knows the volume group',
    seeds: ['C2'],
    disks: vgDisks(1),
    build: standard(1),
    break: (world) => {
      // pvcreate writes over the beginning of the ring: what is to be left of it must lie behind that.
      for (const tag of ['a', 'b', 'c', 'd']) addTag(world, tag);
      createUnderItsId(world);
      world.forgetFiles('backup', VG);
      world.forgetFiles('archive', VG);
    },
    expect: asks('repair', /what was changed after generation/, ['lvm2-metadata-lost']),
  },
];
