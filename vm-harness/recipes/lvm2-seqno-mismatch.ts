import { createLv, remember, standard, VG, vgDisks } from '../lab/layouts.ts';
import { ext4, geometries, layPayload } from '../lab/payload.ts';
import { addTag, restoredFromOlderBackup } from './damage.ts';
import { type Recipe, repaired } from './recipe.ts';

export const recipes: Recipe[] = [
  {
    id: 'lvm2-seqno-mismatch',
    title: 'one disk carries an older generation of the metadata than the other',
    seeds: ['A2', 'A5'],
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => restoredFromOlderBackup(world, 'd2', () => addTag(world, 'newer')),
    expect: repaired('lvm2-seqno-mismatch'),
  },
  {
    id: 'lvm2-seqno-mismatch/three-generations',
    title: 'three disks, three generations',
    seeds: ['A5'],
    disks: vgDisks(3),
    build: standard(3),
    break: (world) => {
      restoredFromOlderBackup(world, 'd3', () => {
        addTag(world, 'newer');
        restoredFromOlderBackup(world, 'd2', () => addTag(world, 'newest'));
      });
    },
    expect: repaired('lvm2-seqno-mismatch'),
  },
  {
    id: 'lvm2-seqno-mismatch/new-lv',
    title: 'the older disk does not know of an LV that was made since',
    seeds: ['A5'],
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => {
      restoredFromOlderBackup(world, 'd2', () => {
        createLv(world, 'new', ['d1:24-32', 'd2:28-30']);
        remember(world);
        layPayload(world, `${VG}/new`, ext4('new', 12), geometries(world));
      });
    },
    expect: repaired('lvm2-seqno-mismatch'),
  },
];
