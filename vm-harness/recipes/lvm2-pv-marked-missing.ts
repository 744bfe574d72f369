import { standard, vgDisks } from '../lab/layouts.ts';
import { changeWhileAway } from './damage.ts';
import { type Recipe, repaired } from './recipe.ts';

export const recipes: Recipe[] = [
  {
    id: 'lvm2-pv-marked-missing',
    title: 'a disk is back, but the volume group still calls it missing',
    seeds: ['A1', 'A3'],
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => changeWhileAway(world, 'd2'),
    expect: repaired('lvm2-pv-marked-missing'),
  },
  {
    id: 'lvm2-pv-marked-missing/first-disk',
    title: 'the disk with the root LV is back, but still called missing',
    seeds: ['A1'],
    disks: vgDisks(3),
    build: standard(3),
    break: (world) => changeWhileAway(world, 'd1'),
    expect: repaired('lvm2-pv-marked-missing'),
  },
];
