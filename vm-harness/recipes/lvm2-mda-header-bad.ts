import { standard, vgDisks } from '../lab/layouts.ts';
import { flipByteOfMdaHeader, zeroMdaHeader } from './damage.ts';
import { type Recipe, repaired } from './recipe.ts';

export const recipes: Recipe[] = [
  {
    id: 'lvm2-mda-header-bad',
    title: "the header of a disk's metadata area fails its checksum",
    seeds: [],
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => flipByteOfMdaHeader(world, 'd2'),
    expect: repaired('lvm2-mda-header-bad'),
  },
  {
    id: 'lvm2-mda-header-bad/zeroed',
    title: "the header of a disk's metadata area is all zeros",
    seeds: [],
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => zeroMdaHeader(world, 'd2'),
    expect: repaired('lvm2-mda-header-bad'),
  },
  {
    id: 'lvm2-mda-header-bad/only-disk',
    title: 'the header of the only metadata area is bad; its text also stands in /etc/lvm/backup',
    seeds: ['C2'],
    disks: vgDisks(1),
    build: standard(1),
    break: (world) => flipByteOfMdaHeader(world, 'd1'),
    expect: repaired('lvm2-mda-header-bad'),
  },
];
