import { MIB, run } from '../lab/host.ts';
import { standard, VG, vgDisks } from '../lab/layouts.ts';
import { ext4 } from '../lab/payload.ts';
import { zero } from './damage.ts';
import { declined, type Recipe, repaired } from './recipe.ts';

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
    expect: repaired('lvm2-metadata-lost'),
  },
];
