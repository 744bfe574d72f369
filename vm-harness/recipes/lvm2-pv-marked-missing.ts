import { standard, VG, vgDisks } from '../lab/layouts.ts';
import { changeWhileAway, wipeOlderTexts } from './damage.ts';
import { asks, type Recipe, repaired } from './recipe.ts';

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
  {
    id: 'lvm2-pv-marked-missing/with-a-volume-gone',
    title: 'a disk is back, but still called missing, and an LV on it was removed while it was away',
    seeds: ['A1', 'A2'],
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => {
      world.lvm(['lvremove', '-y', `${VG}/home`], { without: ['d2'] });
    },
    expect: repaired('lvm2-pv-marked-missing'),
  },
  {
    id: 'lvm2-pv-marked-missing/no-whole-generation-left',
    title: 'a disk is called missing, and no generation is left in which it was there',
    seeds: ['A1'],
    disks: vgDisks(2),
    build: standard(2, { pvcreateOf: { d2: ['--pvmetadatacopies', '0'] }, archive: false }),
    break: (world) => {
      changeWhileAway(world, 'd2');
      wipeOlderTexts(world, 'd1');
    },
    expect: asks('repair', /do not reach back to one in which/, ['lvm2-pv-marked-missing']),
  },
];
