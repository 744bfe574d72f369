/**
 * Makes the PV images and backup files in test/fixtures/ with the real lvm. Needs root, loop devices and lvm2 2.03; not device-mapper.
 * UUIDs and times differ from run to run, so tests go by what is written beside each image.
 *
 *     sudo node scripts/make-fixtures.ts
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const MIB = 1024 * 1024;
const folder = join(import.meta.dirname, '../test/fixtures');

interface Recipe {
  readonly name: string;
  readonly pvcreate: readonly string[];
  /** What of the image is kept from its start; the rest up to its last MiB is zeros to a reader. */
  readonly headMib: number;
  readonly commands: readonly (readonly string[])[];
  /** LV sections that are then added by vgcfgrestore: kinds of LV that lvcreate makes only with device-mapper. */
  readonly graft?: string;
}

/** Of these recipes lvm's backup file is kept too. */
const FILES_KEPT = ['normal', 'kinds'];

/** Stands in a command for the recipe's PV. */
const THIS_PV = 'PV';

const lv = (name: string, extents: number, ...more: string[]) => [
  'lvcreate',
  '-an',
  '-Zn',
  '-Wn',
  '-y',
  '-l',
  String(extents),
  '-n',
  name,
  ...more,
  'vg0',
];

const tag = (count: number, text: string) =>
  Array.from({ length: count }, (_, at) => ['vgchange', '--addtag', `${text}${at}`, 'vg0']);

const generations = [
  lv('root', 3),
  lv('swap', 2),
  ['lvextend', '-l', '+2', 'vg0/root'],
  ['lvremove', '-y', 'vg0/swap'],
  lv('home', 4, '--addtag', 'kept'),
];

/** One LV section with one segment. Sub-LVs are linear and one extent long, each on an extent of its own. */
const section = (name: string, status: string, segment: string) => {
  const id = createHash('sha256').update(name).digest('hex');
  const uuid = id.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6}).*/, '$1-$2-$3-$4-$5-$6-$7');
  return `${name} { id = "${uuid}" status = [${status}] segment_count = 1 segment1 { start_extent = 0 ${segment} } }\n`;
};
const visible = (name: string, segment: string) => section(name, '"READ", "WRITE", "VISIBLE"', segment);
const linear = (names: readonly string[]) =>
  names.map((name, at) =>
    section(
      name,
      '"READ", "WRITE"',
      `extent_count = 1 type = "striped" stripe_count = 1 stripes = ["pv0", ${at}]`,
    ),
  );
const legs = (name: string, count: number) =>
  Array.from({ length: count }, (_, at) => [`${name}_rmeta_${at}`, `${name}_rimage_${at}`]).flat();
const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');

const kinds = [
  visible(
    'r1',
    `extent_count = 1 type = "raid1" device_count = 2 region_size = 1024 raids = [${quoted(legs('r1', 2))}]`,
  ),
  visible(
    'r5',
    `extent_count = 2 type = "raid5_ls" stripe_count = 3 stripe_size = 128 region_size = 1024 raids = [${quoted(legs('r5', 3))}]`,
  ),
  visible(
    'm',
    'extent_count = 1 type = "mirror" mirror_count = 2 region_size = 1024 mirrors = ["m0", 0, "m1", 0]',
  ),
  visible(
    'p',
    'extent_count = 1 type = "thin-pool" metadata = "p_tmeta" pool = "p_tdata" transaction_id = 1 chunk_size = 128',
  ),
  visible('t', 'extent_count = 9 type = "thin" thin_pool = "p" transaction_id = 0 device_id = 1'),
  ...linear([...legs('r1', 2), ...legs('r5', 3), 'm0', 'm1', 'p_tmeta', 'p_tdata']),
].join('');

const recipes: readonly Recipe[] = [
  { name: 'normal', pvcreate: [], headMib: 1, commands: generations },
  {
    name: 'wrapped',
    pvcreate: ['--metadatasize', '64k', '--dataalignment', '64k'],
    headMib: 1,
    commands: [...generations, ...tag(90, 'c')],
  },
  { name: 'two-areas', pvcreate: ['--metadatacopies', '2'], headMib: 1, commands: generations },
  {
    name: 'ignored',
    pvcreate: [],
    headMib: 1,
    commands: [...generations, ['pvchange', '--metadataignore', 'y', THIS_PV], lv('later', 1)],
  },
  { name: 'no-area', pvcreate: ['--metadatacopies', '0'], headMib: 1, commands: generations },
  { name: 'area-4m', pvcreate: ['--metadatasize', '4m'], headMib: 5, commands: generations },
  { name: 'kinds', pvcreate: [], headMib: 1, commands: [], graft: kinds },
];

for (const recipe of recipes) make(recipe);

/** Two PVs: the recipe's, and a plain second one, so that a PV without areas still belongs to a VG. */
function make(recipe: Recipe): void {
  const lab = mkdtempSync(join(tmpdir(), 'lvmedic-fixture-'));
  const images = ['a.img', 'b.img'].map((name) => join(lab, name));
  const loops: string[] = [];
  try {
    for (const image of images) {
      closeSync(openSync(image, 'w'));
      truncateSync(image, 96 * MIB);
      loops.push(run('losetup', '-f', '--show', image).trim());
    }
    const [first = '', second = ''] = loops;
    const lvm = (...argv: readonly string[]) => runLvm(lab, loops, argv);
    lvm('pvcreate', '-y', ...recipe.pvcreate, first);
    lvm('pvcreate', '-y', second);
    lvm('vgcreate', 'vg0', first, second);
    for (const argv of recipe.commands) lvm(...argv.map((each) => (each === THIS_PV ? first : each)));
    const file = join(lab, 'vg0.txt');
    lvm('vgcfgbackup', '-f', file, 'vg0');
    if (recipe.graft) {
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace(/\}\s*$/, `logical_volumes { ${recipe.graft} } }`));
      lvm('vgcfgrestore', '-y', '--force', '-f', file, 'vg0');
      lvm('vgcfgbackup', '-f', file, 'vg0');
    }
    run('sync', ...loops);
    keep(images[0] ?? '', recipe);
    if (FILES_KEPT.includes(recipe.name))
      writeFileSync(join(folder, `${recipe.name}.backup`), readFileSync(file));
  } finally {
    for (const loop of loops) run('losetup', '-d', loop);
    rmSync(lab, { recursive: true });
  }
}

/** First MiBs and last MiB, one behind the other. */
function keep(image: string, { name, headMib }: Recipe): void {
  const file = openSync(image, 'r');
  const bytes = Buffer.alloc((headMib + 1) * MIB);
  readSync(file, bytes, 0, headMib * MIB, 0);
  readSync(file, bytes, headMib * MIB, MIB, 95 * MIB);
  closeSync(file);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.pv.gz`), gzipSync(bytes, { level: 9 }));
}

function runLvm(lab: string, devices: readonly string[], argv: readonly string[]): string {
  const [command = '', ...rest] = argv;
  const config =
    'devices{use_devicesfile=1 obtain_device_list_from_udev=0 scan=["/dev"]}' +
    ` global{locking_dir="${lab}/lock" event_activation=0}` +
    ' activation{udev_sync=0 udev_rules=0 monitoring=0}';
  const fixed = ['--driverloaded', 'n', '--devices', devices.join(','), '--config', config];
  return execFileSync('lvm', [command, ...fixed, ...rest], {
    env: { PATH: process.env.PATH, LC_ALL: 'C', LVM_SYSTEM_DIR: lab, LVM_SUPPRESS_FD_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
}

function run(program: string, ...argv: readonly string[]): string {
  return execFileSync(program, argv, { encoding: 'utf8' });
}
