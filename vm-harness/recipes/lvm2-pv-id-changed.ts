import { standard, VG, vgDisks } from '../lab/layouts.ts';
import { changeLabelId } from './damage.ts';
import { declined, type Recipe, repaired } from './recipe.ts';

const common = { seeds: ['A1'], disks: vgDisks(2), build: standard(2) } as const;

export const recipes: Recipe[] = [
  {
    ...common,
    id: 'lvm2-pv-id-changed',
    title: "the label of a disk gives another id, the volume group's current text stands behind it",
    break: (world) => changeLabelId(world, 'd2'),
    expect: repaired('lvm2-pv-id-changed'),
  },
  {
    ...common,
    id: 'lvm2-pv-id-changed/created-anew',
    title: 'a disk in use was removed as a physical volume by force, and made a new one',
    break: (world) => {
      world.lvm(['pvremove', '-ff', '-y', world.node('d2')]);
      world.lvm(['pvcreate', '-ff', '-y', world.node('d2')]);
    },
    expect: repaired('lvm2-pv-id-changed'),
  },
  {
    ...common,
    id: 'lvm2-pv-id-changed/created-anew-without-filesystem',
    title: 'the same, and nothing that can be told for a filesystem stands on that disk',
    disks: vgDisks(3),
    build: standard(3),
    break: (world) => {
      world.lvm(['lvremove', '-y', `${VG}/srv`]);
      delete world.truth.lvs[`${VG}/srv`];
      delete world.truth.payload[`${VG}/srv`];
      world.lvm(['pvremove', '-ff', '-y', world.node('d3')]);
      world.lvm(['pvcreate', '-ff', '-y', world.node('d3')]);
    },
    expect: declined(/made a new physical volume/, 'lvm2-pv-id-changed'),
  },
  {
    ...common,
    id: 'lvm2-pv-id-changed/on-two-of-one-size',
    title: 'the labels of two disks of one size give other ids; the filesystems tell them apart',
    disks: vgDisks(3),
    build: standard(3),
    break: (world) => {
      changeLabelId(world, 'd2');
      changeLabelId(world, 'd3');
    },
    expect: repaired('lvm2-pv-id-changed'),
  },
];
