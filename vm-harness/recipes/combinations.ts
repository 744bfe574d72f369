import { standard, VG, vgDisks } from '../lab/layouts.ts';
import {
  addTag,
  changeWhileAway,
  flipByteOfMdaHeader,
  flipByteOfUuid,
  garbleText,
  restoredFromOlderBackup,
  throwOut,
  zero,
  zeroLabel,
} from './damage.ts';
import { eachWithoutTheOther } from './lvm2-metadata-split-brain.ts';
import { declined, type Recipe, repaired } from './recipe.ts';

const two = { disks: vgDisks(2), build: standard(2) } as const;
const three = { disks: vgDisks(3), build: standard(3) } as const;
const inPartitions = vgDisks(2, { sizeMiB: 42, partition: { startMiB: 1, sizeMiB: 40 } });
const sectors4k = vgDisks(2, { sectorBytes: 4096 });
const oldAreas = ['--metadatasize', '188k', '--dataalignment', '64k'];

export const recipes: Recipe[] = [
  {
    ...two,
    id: 'combination/marked-missing+label-damaged',
    title: 'a disk that was called missing comes back with a damaged label',
    seeds: ['A1'],
    break: (world) => {
      changeWhileAway(world, 'd2');
      flipByteOfUuid(world, 'd2');
    },
    expect: repaired('lvm2-pv-marked-missing', 'lvm2-label-damaged'),
  },
  {
    ...three,
    id: 'combination/dropped+mda-header-bad',
    title: 'one disk was thrown out, the metadata area of another is damaged',
    seeds: ['A2'],
    break: (world) => {
      throwOut(world, 'd3');
      flipByteOfMdaHeader(world, 'd2');
    },
    expect: repaired('lvm2-pv-dropped', 'lvm2-mda-header-bad'),
  },
  {
    ...three,
    id: 'combination/dropped+label-damaged',
    title: 'one disk was thrown out, and its own label is all zeros',
    seeds: ['A2'],
    break: (world) => {
      throwOut(world, 'd3');
      zeroLabel(world, 'd3');
    },
    expect: repaired('lvm2-pv-dropped'),
  },
  {
    ...three,
    id: 'combination/dropped+own-mda-header-bad',
    title: 'one disk was thrown out, and its own metadata area is damaged',
    seeds: ['A2'],
    break: (world) => {
      throwOut(world, 'd3');
      flipByteOfMdaHeader(world, 'd3');
    },
    expect: repaired('lvm2-pv-dropped'),
  },
  {
    ...three,
    id: 'combination/seqno-mismatch+text-bad',
    title: 'one disk is older, the text of another is damaged',
    seeds: ['A5'],
    break: (world) => {
      restoredFromOlderBackup(world, 'd3', () => addTag(world, 'newer'));
      garbleText(world, 'd2');
    },
    expect: repaired('lvm2-seqno-mismatch', 'lvm2-metadata-text-bad'),
  },
  {
    ...three,
    id: 'combination/marked-missing+metadata-lost',
    title: 'one disk is called missing, the start of another was zeroed',
    seeds: ['A1', 'C2'],
    break: (world) => {
      changeWhileAway(world, 'd3');
      zero(world, 'd2');
    },
    expect: repaired('lvm2-pv-marked-missing', 'lvm2-metadata-lost'),
  },
  {
    ...three,
    id: 'combination/absent+marked-missing',
    title: 'two disks were away while the volume group changed, and only one is back',
    seeds: ['A1', 'A3'],
    break: (world) => {
      changeWhileAway(world, 'd2', 'd3');
      world.pullOut('d3');
    },
    expect: declined(/absent|attach/i, 'lvm2-pv-absent', 'lvm2-pv-marked-missing'),
  },
  {
    ...two,
    id: 'combination/split-brain+label-damaged',
    title: 'two hosts each changed their half, and one label is damaged',
    seeds: ['A2'],
    break: (world) => {
      eachWithoutTheOther(world);
      flipByteOfUuid(world, 'd2');
    },
    expect: repaired('lvm2-metadata-split-brain', 'lvm2-label-damaged'),
  },
  {
    id: 'combination/two-marked-missing-of-four',
    title: 'two of four disks are back, but still called missing',
    seeds: ['A1'],
    disks: vgDisks(4),
    build: standard(4),
    break: (world) => changeWhileAway(world, 'd2', 'd4'),
    expect: repaired('lvm2-pv-marked-missing'),
  },
  {
    ...three,
    id: 'combination/dropped+seqno-mismatch',
    title: 'one disk was thrown out, another is from before that',
    seeds: ['A2', 'A5'],
    break: (world) => restoredFromOlderBackup(world, 'd2', () => throwOut(world, 'd3')),
    expect: repaired('lvm2-pv-dropped', 'lvm2-seqno-mismatch'),
  },
  {
    ...three,
    id: 'combination/text-bad+metadata-lost',
    title: 'the text of one disk is damaged, the start of another was zeroed, the third is whole',
    seeds: ['C2'],
    break: (world) => {
      garbleText(world, 'd2');
      zero(world, 'd3');
    },
    expect: repaired('lvm2-metadata-text-bad', 'lvm2-metadata-lost'),
  },
  {
    ...three,
    id: 'combination/mda-header-bad-twice',
    title: 'the metadata areas of two of three disks are damaged',
    seeds: [],
    break: (world) => {
      flipByteOfMdaHeader(world, 'd1');
      flipByteOfMdaHeader(world, 'd3');
    },
    expect: repaired('lvm2-mda-header-bad'),
  },
  {
    id: 'combination/partitions/marked-missing',
    title: 'physical volumes in GPT partitions: one is back, but still called missing',
    seeds: ['A1'],
    disks: inPartitions,
    build: standard(2),
    break: (world) => changeWhileAway(world, 'd2'),
    expect: repaired('lvm2-pv-marked-missing'),
  },
  {
    id: 'combination/partitions/metadata-lost',
    title: 'physical volumes in GPT partitions: the start of one was zeroed',
    seeds: ['C2'],
    disks: inPartitions,
    build: standard(2),
    break: (world) => zero(world, 'd2'),
    expect: repaired('lvm2-metadata-lost'),
  },
  {
    id: 'combination/old-areas/dropped',
    title: 'metadata areas of 192 KiB, as old installers made them: a disk was thrown out',
    seeds: ['A2'],
    disks: vgDisks(2),
    build: standard(2, { pvcreate: oldAreas }),
    break: (world) => throwOut(world, 'd2'),
    expect: repaired('lvm2-pv-dropped'),
  },
  {
    id: 'combination/old-areas/label-damaged',
    title: 'metadata areas of 192 KiB: a label is all zeros',
    seeds: [],
    disks: vgDisks(2),
    build: standard(2, { pvcreate: oldAreas }),
    break: (world) => zeroLabel(world, 'd2'),
    expect: repaired('lvm2-label-damaged'),
  },
  {
    id: 'combination/large-areas/text-bad',
    title: 'metadata areas of 4 MiB: one text is damaged',
    seeds: ['C2'],
    disks: vgDisks(2),
    build: standard(2, { pvcreate: ['--metadatasize', '4m'] }),
    break: (world) => garbleText(world, 'd2'),
    expect: repaired('lvm2-metadata-text-bad'),
  },
  {
    id: 'combination/two-areas/mda-header-bad',
    title: 'two metadata areas on each disk: the first of one disk is damaged',
    seeds: [],
    disks: vgDisks(2),
    build: standard(2, { pvcreate: ['--pvmetadatacopies', '2'] }),
    break: (world) => flipByteOfMdaHeader(world, 'd2', 0),
    expect: repaired('lvm2-mda-header-bad'),
  },
  {
    id: 'combination/two-areas/metadata-lost',
    title: 'the start of the only disk was zeroed; its second metadata area, at the end, is whole',
    seeds: ['C2'],
    disks: vgDisks(1),
    build: standard(1, { pvcreate: ['--pvmetadatacopies', '2'] }),
    break: (world) => {
      world.forgetFiles('backup', VG);
      world.forgetFiles('archive', VG);
      zero(world, 'd1');
    },
    expect: repaired('lvm2-metadata-lost'),
  },
  {
    id: 'combination/sectors-4096/marked-missing',
    title: 'disks with sectors of 4096 bytes: one is back, but still called missing',
    seeds: ['A1'],
    disks: sectors4k,
    build: standard(2),
    break: (world) => changeWhileAway(world, 'd2'),
    expect: repaired('lvm2-pv-marked-missing'),
  },
  {
    id: 'combination/sectors-4096/label-damaged',
    title: 'disks with sectors of 4096 bytes: a label is damaged',
    seeds: [],
    disks: sectors4k,
    build: standard(2),
    break: (world) => flipByteOfUuid(world, 'd2'),
    expect: repaired('lvm2-label-damaged'),
  },
];
