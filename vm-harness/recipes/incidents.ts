import { readFileSync } from 'node:fs';
import { standard, VG, vgDisks } from '../lab/layouts.ts';
import type { LabWorld } from '../lab/world.ts';
import { addTag, changeWhileAway, throwOut, wipeOlderTexts } from './damage.ts';
import { asks, type Recipe, repaired } from './recipe.ts';

/**
 * The trap of the published advice: when the shell opens, /etc/lvm/backup already holds the broken
 * state, so `vgcfgrestore VG` says "Restored" and restores just that.
 */
function backupIsBroken(world: LabWorld, sign: (text: string) => boolean): void {
  const [file] = world.files('backup', VG);
  if (file === undefined || !sign(readFileSync(file, 'utf8')))
    throw new Error('the backup file does not hold the broken state');
}

const marked = (text: string): boolean => text.includes('"MISSING"');
const dropped = (text: string): boolean => !text.includes('pv1 {');
const common = { disks: vgDisks(2), build: standard(2) } as const;

export const recipes: Recipe[] = [
  {
    ...common,
    id: 'incident/a1-archive',
    title:
      'A1: sdb removed from LVM by a backup proxy; /etc/lvm/backup holds the broken state, the archive a good one',
    seeds: ['A1'],
    break: (world) => {
      changeWhileAway(world, 'd2');
      backupIsBroken(world, marked);
    },
    expect: repaired('lvm2-pv-marked-missing'),
  },
  {
    ...common,
    id: 'incident/a1-no-archive',
    title: 'A1 with archiving switched off: a good generation only on the returned disk and in the ring',
    seeds: ['A1', 'B1'],
    break: (world) => {
      changeWhileAway(world, 'd2');
      world.forgetFiles('archive', VG);
      backupIsBroken(world, marked);
    },
    expect: repaired('lvm2-pv-marked-missing'),
  },
  {
    ...common,
    id: 'incident/a1-twice',
    title: 'A1, and the volume group was changed again after the disk came back',
    seeds: ['A1'],
    break: (world) => {
      changeWhileAway(world, 'd2');
      addTag(world, 'after');
      backupIsBroken(world, marked);
    },
    expect: repaired('lvm2-pv-marked-missing'),
  },
  {
    ...common,
    id: 'incident/a2-archive',
    title:
      'A2: sdb thrown out and cleared; /etc/lvm/backup holds the broken state, only the archive a good one',
    seeds: ['A2'],
    break: (world) => {
      throwOut(world, 'd2');
      world.lvm(['vgck', '--updatemetadata', VG]);
      backupIsBroken(world, dropped);
      wipeOlderTexts(world, 'd1');
      wipeOlderTexts(world, 'd2');
    },
    expect: repaired('lvm2-pv-dropped'),
  },
  {
    ...common,
    id: 'incident/a2-stale-disk',
    title: 'A2: sdb thrown out; /etc/lvm/backup holds the broken state, only sdb itself a good one',
    seeds: ['A2', 'B1'],
    break: (world) => {
      throwOut(world, 'd2');
      world.forgetFiles('archive', VG);
      backupIsBroken(world, dropped);
      wipeOlderTexts(world, 'd1');
    },
    expect: repaired('lvm2-pv-dropped'),
    // It leaves a generation for each LV, and does not say that these were one removal: what happened in them is not known.
    older: {
      harmedBefore: '2.03.6',
      expect: asks('repair', /is gone, so what happened in it is not known/, ['lvm2-pv-dropped']),
    },
  },
  {
    ...common,
    id: 'incident/a2-ring',
    title:
      'A2: sdb thrown out and cleared; /etc/lvm/backup holds the broken state, only the rings a good one',
    seeds: ['A2', 'B1', 'B2'],
    break: (world) => {
      throwOut(world, 'd2');
      world.lvm(['vgck', '--updatemetadata', VG]);
      world.forgetFiles('archive', VG);
      backupIsBroken(world, dropped);
    },
    expect: repaired('lvm2-pv-dropped'),
  },
  {
    ...common,
    id: 'incident/a2-changed-since',
    title: 'A2, and tags were set since: the repair keeps them',
    seeds: ['A2'],
    break: (world) => {
      throwOut(world, 'd2');
      addTag(world, 'after');
      backupIsBroken(world, dropped);
    },
    expect: repaired('lvm2-pv-dropped'),
  },
];
