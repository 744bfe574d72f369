import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLv, pvcreate, remember, standard, VG, vgDisks } from '../lab/layouts.ts';
import { fixedId } from '../lab/ondisk.ts';
import { ext4, geometries, layPayload } from '../lab/payload.ts';
import type { LabWorld } from '../lab/world.ts';
import {
  changeWhileAway,
  claimWholeDisk,
  editText,
  flipByteOfMdaHeader,
  flipByteOfUuid,
  restoredFromOlderBackup,
  throwOut,
  wipeRing,
} from './damage.ts';
import { declined, type Recipe, repaired } from './recipe.ts';

const two = { seeds: [], disks: vgDisks(2), build: standard(2) } as const;
const withClone = [...vgDisks(2), { name: 'clone', sizeMiB: 40 }];

/** `home` as an LV of 20 MiB that was 16 before, its filesystem grown with it. */
function extendHome(world: LabWorld): void {
  world.lvm(['lvextend', '-l', '+4', `${VG}/home`, `${world.node('d2')}:28-31`]);
  remember(world);
  layPayload(world, `${VG}/home`, ext4('home', 20), geometries(world));
}

/** Another volume group of the same name on c1 and c2, as on the disks of a clone that was made from a template. */
function buildNamesake(world: LabWorld): void {
  const alone = { without: ['d1', 'd2'] };
  for (const disk of ['c1', 'c2']) pvcreate(world, disk);
  world.lvm(['vgcreate', '-s', '1m', VG, world.node('c1'), world.node('c2')], alone);
  world.lvm(['lvcreate', '-an', '-Zn', '-Wn', '-y', '-n', 'root', '-l', '60', VG], alone);
}

function forget(world: LabWorld, lv: string): void {
  delete world.truth.lvs[`${VG}/${lv}`];
  delete world.truth.payload[`${VG}/${lv}`];
}

/** As pvmove leaves it when the machine stops in the middle: swap_1 stands on a mirror of its old and new place. */
function pvmoveInProgress(text: string): string {
  const moving = `
pvmove0 {
id = "${fixedId('LV', 'pvmove0')}"
status = ["READ", "WRITE", "PVMOVE", "LOCKED"]
flags = []
creation_time = 1700000000
creation_host = "vm"
allocation_policy = "contiguous"
segment_count = 1

segment1 {
start_extent = 0
extent_count = 4

type = "mirror"
mirror_count = 2
extents_moved = 0
region_size = 2048

mirrors = [
"pv0", 20,
"pv1", 30
]
}
}
`;
  return text
    .replace(/(swap_1 \{\nid = .*\nstatus = \["READ", "WRITE", "VISIBLE")\]/, '$1, "LOCKED"]')
    .replace(/(swap_1 \{[^}]*stripes = \[\n)"pv0", 20/, '$1"pvmove0", 0')
    .replace(/(logical_volumes \{\n)/, `$1${moving}`);
}

const unknownSegmentType = (text: string): string =>
  text.replace(/(home \{[^}]*type = )"striped"/, '$1"holographic"');
const shared = (text: string): string =>
  text.replace('flags = []\n', 'flags = []\nlock_type = "sanlock"\nlock_args = "1.0.0:lvmlock"\n');

function editBoth(world: LabWorld, edit: (text: string) => string): void {
  for (const disk of ['d1', 'd2']) editText(world, disk, edit);
}

/** d2 was in a volume group of the same name before, whose generations it still carries. */
const withPastLife = standard(2, {
  before: (world) => {
    world.lvm(['vgcreate', '-s', '1m', VG, world.node('d2')]);
    for (let n = 0; n < 20; n++) world.lvm(['vgchange', '--addtag', `past${n}`, VG]);
    world.lvm(['vgremove', '-f', VG]);
    world.forgetFiles('archive', VG);
  },
});

export const recipes: Recipe[] = [
  {
    ...two,
    id: 'refusal/absent-in-two-of-one-name',
    title: 'a clone is attached beside the original; both volume groups have the same name and lack a disk',
    disks: [...vgDisks(2), { name: 'c1', sizeMiB: 40 }, { name: 'c2', sizeMiB: 40 }],
    break: (world) => {
      buildNamesake(world);
      world.pullOut('d2');
      world.pullOut('c2');
    },
    expect: declined(/absent|attach/i, 'lvm2-pv-absent'),
  },
  {
    ...two,
    id: 'refusal/area-of-the-whole-disk',
    title: 'an area header is damaged, and the label claims nearly the whole disk for that area',
    break: (world) => {
      flipByteOfMdaHeader(world, 'd1');
      claimWholeDisk(world, 'd1', 600);
    },
    expect: declined(/claims a metadata area of 598 MiB.*restore/i, 'lvm2-mda-header-bad'),
  },
  {
    ...two,
    id: 'refusal/extents-reused',
    title: 'a disk was thrown out, and a new LV stands where a lost one stood',
    break: (world) => {
      throwOut(world, 'd2');
      createLv(world, 'new', ['d1:4-11']);
    },
    expect: declined(/extents|in use|reused/i, 'lvm2-pv-dropped'),
  },
  {
    ...two,
    id: 'refusal/duplicate',
    title: 'a byte-for-byte copy of a disk is attached beside it',
    disks: withClone,
    break: (world) => {
      world.detach();
      copyFileSync(world.image('d2'), world.image('clone'));
    },
    expect: declined(/two devices|duplicate|clone|same (id|PV|physical)/i, 'lvm2-pv-duplicate'),
  },
  {
    ...two,
    id: 'refusal/duplicate+marked-missing',
    title: 'a disk is back but called missing, and a copy of it is attached beside it',
    disks: withClone,
    break: (world) => {
      changeWhileAway(world, 'd2');
      world.detach();
      copyFileSync(world.image('d2'), world.image('clone'));
    },
    expect: declined(
      /two devices|duplicate|clone|same (id|PV|physical)/i,
      'lvm2-pv-duplicate',
      'lvm2-pv-marked-missing',
    ),
  },
  {
    ...two,
    id: 'refusal/unknown-segment-type',
    title: 'a disk is called missing, in a volume group with a kind of LV that nobody here knows',
    break: (world) => {
      changeWhileAway(world, 'd2');
      editBoth(world, unknownSegmentType);
    },
    expect: declined(/segment|holographic/i, 'lvm2-pv-marked-missing'),
  },
  {
    ...two,
    id: 'refusal/pvmove',
    title: 'a label is damaged, in a volume group in which a pvmove was interrupted',
    break: (world) => {
      editBoth(world, pvmoveInProgress);
      flipByteOfUuid(world, 'd2');
    },
    expect: declined(/pvmove/i, 'lvm2-label-damaged'),
  },
  {
    ...two,
    id: 'refusal/shared',
    title: 'a disk is called missing, in a volume group that several hosts share by a lock manager',
    break: (world) => {
      changeWhileAway(world, 'd2');
      editBoth(world, shared);
    },
    expect: declined(/\bshared\b|\block[ _-]?(type|manager)/i, 'lvm2-pv-marked-missing'),
  },
  {
    ...two,
    id: 'refusal/archive-before-extend',
    title: 'every text is gone, and the archive knows an LV only from before it was extended',
    seeds: ['C2'],
    break: (world) => {
      extendHome(world);
      world.forgetFiles('backup', VG);
      for (const disk of ['d1', 'd2']) wipeRing(world, disk);
    },
    expect: declined(/home|prove|proof|proven|larger|longer|superblock/i, 'lvm2-metadata-text-bad'),
  },
  {
    ...two,
    id: 'refusal/foreign-generation-on-disk',
    title: 'a ring holds higher generations of another volume group with the same name: they do not count',
    build: withPastLife,
    break: (world) => changeWhileAway(world, 'd2'),
    expect: { ...repaired('lvm2-pv-marked-missing'), after: seqnoBelow(20) },
  },
  {
    ...two,
    id: 'refusal/foreign-generation-in-file',
    title: 'the archive holds a higher generation of a clone with another id: it does not count',
    break: (world) => {
      changeWhileAway(world, 'd2');
      const text = readFileSync(world.files('backup', VG)[0] ?? '', 'utf8');
      const foreign = text
        .replaceAll(fixedId('VG', VG), fixedId('VG', 'clone'))
        .replaceAll(fixedId('PV', 'd1'), fixedId('PV', 'clone1'))
        .replaceAll(fixedId('PV', 'd2'), fixedId('PV', 'clone2'))
        .replace(/seqno = \d+/, 'seqno = 4000');
      writeFileSync(join(world.lvmDir, 'archive', `${VG}_04000-1.vg`), foreign);
    },
    expect: { ...repaired('lvm2-pv-marked-missing'), after: seqnoBelow(4000) },
  },
  {
    ...two,
    id: 'refusal/stale-disk-after-remove-and-extend',
    title: 'a disk from before an lvremove and an lvextend returns: the newest extents stay',
    seeds: ['A5'],
    break: (world) =>
      restoredFromOlderBackup(world, 'd2', () => {
        world.lvm(['lvremove', '-y', `${VG}/swap_1`]);
        forget(world, 'swap_1');
        extendHome(world);
      }),
    expect: repaired('lvm2-seqno-mismatch'),
  },
  {
    ...two,
    id: 'refusal/removed-after-drop',
    title: 'a disk was thrown out, then swap was removed on purpose: swap does not come back',
    seeds: ['A2'],
    break: (world) => {
      throwOut(world, 'd2');
      world.lvm(['lvremove', '-y', `${VG}/swap_1`]);
      forget(world, 'swap_1');
    },
    expect: repaired('lvm2-pv-dropped'),
  },
];

/** The repair's generation follows the VG's own newest, not a foreign one. */
function seqnoBelow(limit: number): (world: LabWorld) => readonly string[] {
  return (world) => {
    const vg = world.report('vgs', 'vg_name,vg_seqno').find((row) => row.vg_name === VG);
    return Number(vg?.vg_seqno) < limit
      ? []
      : [`seqno ${vg?.vg_seqno} was taken from a foreign volume group`];
  };
}
