import { standard, vgDisks } from '../lab/layouts.ts';
import { flipByteOfUuid, zeroLabel } from './damage.ts';
import { type Recipe, repaired } from './recipe.ts';

export const recipes: Recipe[] = [
  {
    id: 'lvm2-label-damaged',
    title: "one byte of a disk's label is wrong, in its id",
    seeds: [],
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => flipByteOfUuid(world, 'd2'),
    expect: repaired('lvm2-label-damaged'),
  },
  {
    id: 'lvm2-label-damaged/zeroed',
    title: 'the label sector of a disk is all zeros, the metadata behind it is whole',
    seeds: [],
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => zeroLabel(world, 'd2'),
    expect: repaired('lvm2-label-damaged'),
  },
  {
    id: 'lvm2-label-damaged/only-disk',
    title: 'the label of the only disk is all zeros',
    seeds: [],
    disks: vgDisks(1),
    build: standard(1),
    break: (world) => zeroLabel(world, 'd1'),
    expect: repaired('lvm2-label-damaged'),
  },
];
