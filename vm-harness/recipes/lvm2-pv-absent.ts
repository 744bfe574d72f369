import { pvcreate, standard, VG, vgDisks } from '../lab/layouts.ts';
import { changeWhileAway } from './damage.ts';
import { declined, type Recipe } from './recipe.ts';

const ABSENT = /absent|attach/i;
const withSparePv = standard(2, {
  also: (world) => {
    pvcreate(world, 'd3');
    world.lvm(['vgextend', VG, world.node('d3')]);
  },
});

export const recipes: Recipe[] = [
  {
    id: 'lvm2-pv-absent',
    title: 'a disk of the volume group was not restored',
    seeds: ['A3', 'A7'],
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => world.pullOut('d2'),
    expect: declined(ABSENT, 'lvm2-pv-absent'),
  },
  {
    id: 'lvm2-pv-absent/changed-since',
    title: 'a disk was not restored, and the volume group was changed without it',
    seeds: ['A3', 'A7'],
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => {
      changeWhileAway(world, 'd2');
      world.pullOut('d2');
    },
    expect: declined(ABSENT, 'lvm2-pv-absent'),
  },
  {
    id: 'lvm2-pv-absent/holds-no-lv',
    title: 'the disk that was not restored held no logical volume',
    seeds: ['A7'],
    disks: vgDisks(3),
    build: withSparePv,
    break: (world) => world.pullOut('d3'),
    expect: declined(ABSENT, 'lvm2-pv-absent'),
  },
];
