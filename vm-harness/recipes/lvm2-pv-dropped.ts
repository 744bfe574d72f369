import { rememberTags, standard, VG, vgDisks } from '../lab/layouts.ts';
import { throwOut } from './damage.ts';
import { asks, type Recipe, repaired } from './recipe.ts';

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
  {
    id: 'lvm2-pv-dropped/one-after-the-other',
    title: 'two of four disks were thrown out, one after the other, with the LVs on each; both are back',
    seeds: ['A2'],
    disks: vgDisks(4),
    build: standard(4),
    break: (world) => {
      throwOut(world, 'd4');
      world.lvm(['vgchange', '--addtag', 'between', VG], { without: ['d4'] });
      world.lvm(['vgreduce', '--removemissing', '--force', VG], { without: ['d2', 'd4'] });
      rememberTags(world, { without: ['d2', 'd4'] });
    },
    expect: repaired('lvm2-pv-dropped'),
  },
  {
    id: 'lvm2-pv-dropped/another-stays-away',
    title: 'two of three disks were thrown out, and only one is back: the LV on the other is named',
    seeds: ['A2'],
    disks: vgDisks(3),
    build: standard(3),
    break: (world) => {
      throwOut(world, 'd2', 'd3');
      world.pullOut('d3');
    },
    expect: asks(
      'repair',
      /logical volume srv: generation \d+ has it whole/,
      ['lvm2-pv-dropped'],
      (world) => {
        delete world.truth.lvs[`${VG}/srv`];
        delete world.truth.payload[`${VG}/srv`];
      },
    ),
  },
];
