import { createLv, standard, VG, vgDisks } from '../lab/layouts.ts';
import type { LabWorld } from '../lab/world.ts';
import { putBackMetadata } from './damage.ts';
import { declined, type Recipe, repaired } from './recipe.ts';

/** Either side's tags are as good as the other's. */
export function eachWithoutTheOther(world: LabWorld): void {
  world.lvm(['vgchange', '--addtag', 'left', VG], { without: ['d2'] });
  world.lvm(['vgchange', '--addtag', 'right', VG], { without: ['d1'] });
  delete world.truth.tags[VG];
}

/** Two histories from one state: `d1` has lived through the first, `d2` through the second. */
function twoHistories(world: LabWorld, first: () => void, second: () => void): void {
  const before = { d1: world.snapshot('d1'), d2: world.snapshot('d2') };
  first();
  const afterFirst = world.snapshot('d1');
  putBackMetadata(world, 'd1', before.d1);
  putBackMetadata(world, 'd2', before.d2);
  second();
  putBackMetadata(world, 'd1', afterFirst);
  delete world.truth.tags[VG];
}

export const recipes: Recipe[] = [
  {
    id: 'lvm2-metadata-split-brain',
    title: 'two hosts each changed the volume group while they saw one disk of it',
    seeds: ['A2'],
    disks: vgDisks(2),
    build: standard(2),
    break: eachWithoutTheOther,
    expect: repaired('lvm2-metadata-split-brain'),
  },
  {
    id: 'lvm2-metadata-split-brain/tags',
    title: 'two disks from two backups, same sequence number, different tags',
    seeds: ['A2'],
    disks: vgDisks(2),
    build: standard(2),
    break: (world) =>
      twoHistories(
        world,
        () => world.lvm(['vgchange', '--addtag', 'left', VG]),
        () => world.lvm(['vgchange', '--addtag', 'right', VG]),
      ),
    expect: repaired('lvm2-metadata-split-brain'),
  },
  {
    id: 'lvm2-metadata-split-brain/different-lvs',
    title: 'two disks from two backups, same sequence number, different logical volumes',
    seeds: ['A2'],
    disks: vgDisks(2),
    build: standard(2),
    break: (world) =>
      twoHistories(
        world,
        () => createLv(world, 'left', ['d1:24-29']),
        () => createLv(world, 'right', ['d1:26-31']),
      ),
    expect: declined(/\bsides?\b|split|differ/i, 'lvm2-metadata-split-brain'),
  },
];
