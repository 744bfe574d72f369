import { standard, VG, vgDisks } from '../lab/layouts.ts';
import { addTag, flipByteOfText, garbleText, wipeRing } from './damage.ts';
import { declined, type Recipe, repaired } from './recipe.ts';

const common = { seeds: ['C2'], disks: vgDisks(2), build: standard(2) } as const;

export const recipes: Recipe[] = [
  {
    ...common,
    id: 'lvm2-metadata-text-bad',
    title: 'one of two copies of the metadata text fails its checksum',
    break: (world) => garbleText(world, 'd2'),
    expect: repaired('lvm2-metadata-text-bad'),
  },
  {
    ...common,
    id: 'lvm2-metadata-text-bad/every-copy-one-byte',
    title: 'every copy of the metadata text has one wrong byte',
    break: (world) => {
      world.forgetFiles('backup', VG);
      world.forgetFiles('archive', VG);
      flipByteOfText(world, 'd1', 700);
      flipByteOfText(world, 'd2', 31);
    },
    expect: repaired('lvm2-metadata-text-bad'),
  },
  {
    ...common,
    id: 'lvm2-metadata-text-bad/every-copy-backup-file',
    title: "every metadata text on the disks is gone, the guest's backup file is current",
    break: (world) => {
      addTag(world, 'last');
      for (const disk of ['d1', 'd2']) wipeRing(world, disk);
    },
    expect: repaired('lvm2-metadata-text-bad'),
  },
  {
    ...common,
    id: 'lvm2-metadata-text-bad/every-copy-archive-file',
    title: 'every metadata text on the disks is gone, a good one is left in the archive only',
    break: (world) => {
      // What the archive holds is the state before this change; the change itself is lost.
      world.lvm(['vgchange', '--addtag', 'last', VG]);
      world.forgetFiles('backup', VG);
      for (const disk of ['d1', 'd2']) wipeRing(world, disk);
    },
    expect: repaired('lvm2-metadata-text-bad'),
  },
  {
    ...common,
    id: 'lvm2-metadata-text-bad/every-copy-ring',
    title: 'every current text is destroyed, both rings hold the generation before it',
    break: (world) => {
      world.lvm(['vgchange', '--addtag', 'last', VG]);
      world.forgetFiles('backup', VG);
      world.forgetFiles('archive', VG);
      for (const disk of ['d1', 'd2']) garbleText(world, disk);
    },
    expect: repaired('lvm2-metadata-text-bad'),
  },
  {
    ...common,
    id: 'lvm2-metadata-text-bad/nothing-left',
    title: "every metadata text is gone, on the disks and in the guest's files",
    break: (world) => {
      world.forgetFiles('backup', VG);
      world.forgetFiles('archive', VG);
      for (const disk of ['d1', 'd2']) wipeRing(world, disk);
    },
    expect: declined(/text|generation|metadata/i, 'lvm2-metadata-text-bad'),
  },
];
