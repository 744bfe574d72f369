import { standard, VG, vgDisks } from '../lab/layouts.ts';
import { throwOut } from './damage.ts';
import { type Recipe, repaired } from './recipe.ts';

export const recipes: Recipe[] = [
  {
    id: 'lvm2-pv-dropped',
    title: 'a disk was thrown out of its volume group, and the LVs on it with it',
    seeds: ['A1', 'A2'],
    disks: vgDisks(2),
    build: standard(2, { archive: false }),
    break: (world) => throwOut(world, 'd2'),
    expect: repaired('lvm2-pv-dropped'),
  },
  {
    id: 'lvm2-pv-dropped/one-of-three',
    title: 'one of three disks was thrown out, and one LV with it',
    seeds: ['A2'],
    disks: vgDisks(3),
    build: standard(3),
    break: (world) => throwOut(world, 'd3'),
    expect: repaired('lvm2-pv-dropped'),
  },
  {
    id: 'lvm2-pv-dropped/outdated-cleared',
    title: "a disk was thrown out, then lvm's advice was followed: vgck --updatemetadata cleared it",
    seeds: ['A2'],
    disks: vgDisks(2),
    build: standard(2, { archive: false }),
    break: (world) => {
      throwOut(world, 'd2');
      world.lvm(['vgck', '--updatemetadata', VG]);
    },
    expect: repaired('lvm2-pv-dropped'),
  },
  {
    id: 'lvm2-pv-dropped/created-anew',
    title: 'a disk was thrown out and made a new physical volume, with another id',
    seeds: ['A2'],
    disks: vgDisks(2),
    build: standard(2, { archive: false }),
    break: (world) => {
      throwOut(world, 'd2');
      world.lvm(['vgck', '--updatemetadata', VG]);
      world.lvm(['pvcreate', '-y', '-ff', world.node('d2')]);
    },
    expect: repaired('lvm2-pv-dropped'),
  },
];
