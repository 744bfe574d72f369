import { createLv, remember, standard, VG, vgDisks } from '../lab/layouts.ts';
import { readBytes } from '../lab/ondisk.ts';
import { ext4, geometries, layPayload } from '../lab/payload.ts';
import { addTag, flipByteOfText, garbleText, putBackMetadata, wipeRing } from './damage.ts';
import { asks, declined, type Recipe, repaired } from './recipe.ts';

const MAY_BE_NEWER = /what was changed after generation/;
/** Where lvm puts the header of the first area. */
const MDA_HEADER_AT = 4096;
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
    // The headers point at a text that nobody can read any more: whether the file is as new, they do not say.
    expect: asks('repair', MAY_BE_NEWER, ['lvm2-metadata-text-bad']),
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
    expect: asks('repair', MAY_BE_NEWER, ['lvm2-metadata-text-bad']),
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
    expect: asks('repair', MAY_BE_NEWER, ['lvm2-metadata-text-bad']),
  },
  {
    ...common,
    id: 'lvm2-metadata-text-bad/two-writers',
    title: 'two hosts wrote at once: the newest text is whole, its size and CRC are those of the other one',
    break: (world) => {
      const before = ['d1', 'd2'].map((disk) => ({ disk, copy: world.snapshot(disk) }));
      world.lvm(['vgchange', '--addtag', 'hostA', VG]);
      const headers = ['d1', 'd2'].map((disk) => readBytes(world.image(disk), MDA_HEADER_AT, 512));
      for (const { disk, copy } of before) putBackMetadata(world, disk, copy);
      createLv(world, 'data', ['d2:28-33']);
      remember(world);
      layPayload(world, `${VG}/data`, ext4('data', 6), geometries(world));
      for (const [index, header] of headers.entries()) {
        world.overwrite(`d${index + 1}`, MDA_HEADER_AT, header);
      }
      world.forgetFiles('backup', VG);
      world.forgetFiles('archive', VG);
    },
    expect: asks('repair', MAY_BE_NEWER, ['lvm2-metadata-text-bad']),
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
