import { describeLvs, poolSpare, raid1Of, snapshotOf } from '../lab/described-lvs.ts';
import { MIB } from '../lab/host.ts';
import { pvcreate, standard, VG, vgDisks } from '../lab/layouts.ts';
import { ext4 } from '../lab/payload.ts';
import type { LabWorld } from '../lab/world.ts';
import { changeWhileAway } from './damage.ts';
import { asks, declined, type Recipe } from './recipe.ts';

const ABSENT = /absent|attach/i;
const withSparePv = standard(2, {
  also: (world) => {
    pvcreate(world, 'd3');
    world.lvm(['vgextend', VG, world.node('d3')]);
  },
});

/** Three disks, of which the third holds nothing but what is described. */
const describedOnThird = (descriptions: string) =>
  standard(3, {
    also: (world) => {
      world.lvm(['lvremove', '-y', `${VG}/srv`]);
      describeLvs(world, descriptions);
    },
  });
const withRaidLeg = describedOnThird(raid1Of('mirrored', ['pv0', 24], ['pv2', 0]));
const withSnapshotStore = describedOnThird(snapshotOf('root', 32, ['pv2', 0]));
const withMergingStore = describedOnThird(snapshotOf('root', 32, ['pv2', 0], true));
const withPoolSpare = describedOnThird(poolSpare(['pv2', 0]));

/** An error target, as lvm reports it, where a leg was. */
function holeIn(world: LabWorld, lv: string): void {
  const name = `${VG}/${lv}`;
  world.truth.lvs[name] = (world.truth.lvs[name] ?? []).map((segment) => ({
    ...segment,
    ...{ type: 'error', stripeBytes: 0, areas: [] },
  }));
}

function forgetLvs(world: LabWorld, ...lvs: string[]): void {
  for (const lv of lvs) {
    delete world.truth.lvs[`${VG}/${lv}`];
    delete world.truth.payload[`${VG}/${lv}`];
  }
}

const pullOutThird = (world: LabWorld): void => world.pullOut('d3');
const onThird = { seeds: ['A3', 'A7'], disks: vgDisks(3), break: pullOutThird } as const;

export const recipes: Recipe[] = [
  {
    id: 'lvm2-pv-absent',
    title: 'a disk of the volume group was not restored',
    seeds: ['A3', 'A7'],
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => world.pullOut('d2'),
    expect: declined(ABSENT, 'lvm2-pv-absent'),
  },
  {
    id: 'lvm2-pv-absent/changed-since',
    title: 'a disk was not restored, and the volume group was changed without it',
    seeds: ['A3', 'A7'],
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => {
      changeWhileAway(world, 'd2');
      world.pullOut('d2');
    },
    expect: declined(ABSENT, 'lvm2-pv-absent'),
  },
  {
    id: 'lvm2-pv-absent/holds-no-lv',
    title: 'the disk that was not restored held no logical volume',
    seeds: ['A7'],
    disks: vgDisks(3),
    build: withSparePv,
    break: (world) => world.pullOut('d3'),
    expect: declined(ABSENT, 'lvm2-pv-absent'),
  },
  {
    ...onThird,
    id: 'lvm2-pv-absent/raid1-leg',
    title: 'the disk that was not restored held one leg of a raid1: given up, the volume stays',
    build: withRaidLeg,
    expect: asks('forget-absent', ABSENT, ['lvm2-pv-absent'], (world) => {
      holeIn(world, 'mirrored_rimage_1');
      holeIn(world, 'mirrored_rmeta_1');
    }),
    // Its vgreduce refuses: "Persistent log is not supported on segment-less mirrored LV".
    older: { repairedBefore: '2.02.105', expect: declined(ABSENT, 'lvm2-pv-absent') },
  },
  {
    ...onThird,
    id: 'lvm2-pv-absent/snapshot-store',
    title: 'the disk that was not restored held the store of a snapshot of root: given up, root stays',
    build: withSnapshotStore,
    expect: asks('forget-absent', ABSENT, ['lvm2-pv-absent'], (world) =>
      forgetLvs(world, 'snap', 'snapshot0'),
    ),
  },
  {
    ...onThird,
    id: 'lvm2-pv-absent/merging-snapshot-store',
    title: 'the same, and the snapshot was being merged into root: giving it up is not offered',
    build: withMergingStore,
    expect: declined(/Giving the disk up is not offered.*root/, 'lvm2-pv-absent'),
  },
  {
    ...onThird,
    id: 'lvm2-pv-absent/pool-spare',
    title: 'the disk that was not restored held nothing but the spare for the metadata of pools',
    build: withPoolSpare,
    expect: asks('forget-absent', ABSENT, ['lvm2-pv-absent'], (world) => forgetLvs(world, 'lvol0_pmspare')),
  },
  {
    id: 'lvm2-pv-absent/another-of-its-size',
    title: "a disk is not there, and another one of its size holds somebody else's filesystem behind zeros",
    seeds: ['A3'],
    disks: [...vgDisks(2), { name: 'stranger', sizeMiB: 40 }],
    build: standard(2),
    break: (world) => {
      world.pullOut('d2');
      world.overwrite('stranger', 10 * MIB, ext4('stranger', 20));
    },
    expect: declined(ABSENT, 'lvm2-pv-absent'),
  },
];
