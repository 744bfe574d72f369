import { cachedLv, describeLvs, raid1Of } from '../lab/described-lvs.ts';
import { MIB, run } from '../lab/host.ts';
import { pvcreate, standard, VG, vgDisks } from '../lab/layouts.ts';
import { ext4 } from '../lab/payload.ts';
import type { LabWorld } from '../lab/world.ts';
import { addTag, editText, wipeRing } from './damage.ts';
import { healthy, type Recipe } from './recipe.ts';

const untouched = (): void => {};
const common = { seeds: ['E3'], break: untouched, expect: healthy } as const;

const withSpare = standard(2, {
  also: (world) => {
    pvcreate(world, 'd3');
    world.lvm(['vgextend', VG, world.node('d3')]);
  },
});

const striped = standard(2, {
  also: (world) => {
    const nodes = [`${world.node('d1')}:24-31`, `${world.node('d2')}:28-35`];
    world.lvm([
      'lvcreate',
      '-an',
      '-Zn',
      '-Wn',
      '-y',
      '-n',
      'striped',
      '-i',
      '2',
      '-I',
      '64k',
      '-l',
      '16',
      VG,
      ...nodes,
    ]);
  },
});

const raid1 = standard(2, {
  also: (world) => describeLvs(world, raid1Of('mirrored', ['pv0', 24], ['pv1', 28])),
});

/** What `lvconvert --uncache` leaves, which wants device-mapper: the origin under the name of the cached LV. */
function withoutCache(text: string): string {
  const cut = ['slow', 'fast', 'fast_cdata', 'fast_cmeta'].reduce(withoutSection, text);
  return cut.replace(
    /slow_corig \{\n(id = .*)\nstatus = \["READ", "WRITE"\]/,
    'slow {\n$1\nstatus = ["READ", "WRITE", "VISIBLE"]',
  );
}

function withoutSection(text: string, name: string): string {
  const start = text.indexOf(`\n${name} {`);
  let depth = 0;
  for (let at = start; at >= 0 && at < text.length; at++) {
    if (text[at] === '{') depth++;
    if (text[at] === '}' && --depth === 0) return text.slice(0, start) + text.slice(at + 1);
  }
  throw new Error(`no section ${name}`);
}

export const recipes: Recipe[] = [
  {
    ...common,
    id: 'healthy/one-disk',
    title: 'a whole volume group on one disk',
    disks: vgDisks(1),
    build: standard(1),
  },
  {
    ...common,
    id: 'healthy/two-disks',
    title: 'a whole volume group on two disks',
    disks: vgDisks(2),
    build: standard(2),
  },
  {
    ...common,
    id: 'healthy/three-disks',
    title: 'a whole volume group on three disks',
    disks: vgDisks(3),
    build: standard(3),
  },
  {
    ...common,
    id: 'healthy/striped',
    title: 'a volume group with a striped LV',
    disks: vgDisks(2),
    build: striped,
  },
  {
    ...common,
    id: 'healthy/raid1',
    title: 'a volume group with a raid1 LV',
    disks: vgDisks(2),
    build: raid1,
  },
  {
    ...common,
    id: 'healthy/partitions',
    title: 'physical volumes in GPT partitions',
    disks: vgDisks(2, { sizeMiB: 42, partition: { startMiB: 1, sizeMiB: 40 } }),
    build: standard(2),
  },
  {
    ...common,
    id: 'healthy/sectors-4096',
    title: 'disks with sectors of 4096 bytes',
    disks: vgDisks(2, { sectorBytes: 4096 }),
    build: standard(2),
  },
  {
    ...common,
    id: 'healthy/reduced',
    title: 'a disk that was taken out of its volume group on purpose still carries old texts',
    disks: vgDisks(3),
    build: withSpare,
    break: (world) => {
      world.lvm(['vgreduce', VG, world.node('d3')]);
      addTag(world, 'since');
    },
  },
  {
    ...common,
    id: 'healthy/reduced-and-removed',
    title: 'a disk that was taken out of its volume group and wiped by pvremove',
    disks: vgDisks(3),
    build: withSpare,
    break: (world) => {
      world.lvm(['vgreduce', VG, world.node('d3')]);
      world.lvm(['pvremove', world.node('d3')]);
    },
  },
  {
    ...common,
    id: 'healthy/vg-removed',
    title: 'a volume group that was removed on purpose; its content and its archive are still there',
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => {
      world.lvm(['vgremove', '-f', VG]);
      for (const disk of ['d1', 'd2']) {
        // Of the ring nothing is left; the archive would bear the content out.
        world.detach();
        wipeRing(world, disk);
        world.lvm(['pvremove', world.node(disk)]);
      }
    },
  },
  {
    ...common,
    id: 'healthy/lv-removed',
    title: 'an LV was removed on purpose',
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => {
      world.lvm(['lvremove', '-y', `${VG}/swap_1`]);
    },
  },
  {
    ...common,
    id: 'healthy/ignored-area',
    title: 'a disk whose metadata area is ignored on purpose, its text old',
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => {
      world.lvm(['pvchange', '--metadataignore', 'y', world.node('d2')]);
      addTag(world, 'since');
      addTag(world, 'again');
    },
  },
  {
    ...common,
    id: 'healthy/given-up',
    title: 'a disk that held nothing was given up while it was away; it is back, and nobody needs it',
    disks: vgDisks(3),
    build: withSpare,
    break: (world) => {
      world.lvm(['vgreduce', '--removemissing', VG], { without: ['d3'] });
      world.lvm(['vgchange', '--addtag', 'since', VG], { without: ['d3'] });
    },
  },
  {
    ...common,
    id: 'healthy/given-up-cache',
    title:
      "an LV's cache was taken off while the disk of the cache was away, and the disk given up; it is back",
    disks: vgDisks(3),
    build: standard(3, {
      also: (world) => {
        world.lvm(['lvremove', '-y', `${VG}/srv`]);
        describeLvs(world, cachedLv(['pv0', 24], ['pv2', 0]));
      },
    }),
    break: (world) => {
      const away = { without: ['d3'] };
      world.lvm(['vgchange', '--addtag', 'away', VG], away);
      for (const disk of ['d1', 'd2']) editText(world, disk, withoutCache);
      world.lvm(['vgreduce', '--removemissing', VG], away);
    },
  },
  {
    ...common,
    id: 'healthy/removed-with-ring',
    title: 'a volume group that was removed on purpose; the rings and the content are still there',
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => {
      world.lvm(['vgremove', '-f', VG]);
    },
  },
  {
    ...common,
    id: 'healthy/no-area',
    title: 'a disk without a metadata area',
    disks: vgDisks(2),
    build: standard(2, { pvcreateOf: { d2: ['--pvmetadatacopies', '0'] } }),
  },
  {
    ...common,
    id: 'healthy/two-areas',
    title: 'two metadata areas on each disk',
    disks: vgDisks(2),
    build: standard(2, { pvcreate: ['--pvmetadatacopies', '2'] }),
  },
  {
    ...common,
    id: 'healthy/renamed',
    title: 'a volume group that was renamed: its files in /etc/lvm are of the old name',
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => {
      world.lvm(['vgrename', VG, 'renamed'], { archive: false });
    },
  },
  {
    ...common,
    id: 'healthy/long-history',
    title: 'so many generations that the ring has wrapped',
    disks: vgDisks(1),
    build: standard(1, { pvcreate: ['--metadatasize', '60k', '--dataalignment', '64k'] }),
    break: (world) => {
      for (let n = 0; n < 30; n++) world.lvm(['vgchange', n % 2 === 0 ? '--addtag' : '--deltag', 'wrap', VG]);
    },
  },
  {
    ...common,
    id: 'healthy/partitioned-disk',
    title: 'a partitioned disk without LVM beside the volume group',
    disks: [...vgDisks(2), { name: 'partitioned', sizeMiB: 16 }],
    build: standard(2),
    break: (world: LabWorld) => {
      world.detach();
      run('sgdisk', [
        '-n',
        '1:2048:+8M',
        '-t',
        '1:8300',
        '-n',
        '2:0:0',
        '-t',
        '2:8200',
        world.image('partitioned'),
      ]);
      world.overwrite('partitioned', MIB, ext4('boot', 8));
    },
  },
];
