/**
 * `npm start -- --loop` ends here: the main job of lvmedic on an embedded incident, with the real lvm on loop devices. Exit
 * status 0 only if every step held. Everything it makes is gone afterwards, also after Ctrl-C.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../src/exit-codes.ts';
import { labUnavailable, run } from '../vm-harness/lab/host.ts';
import { VG } from '../vm-harness/lab/layouts.ts';
import { copyLv, geometries, lvMaps } from '../vm-harness/lab/payload.ts';
import { productEnvironment } from '../vm-harness/lab/product.ts';
import { LabWorld } from '../vm-harness/lab/world.ts';
import { allRecipes } from '../vm-harness/recipes/index.ts';

const RECIPE = 'incident/a1-archive';
const ROOT_LV = `${VG}/root`;
/** The VG's disks, and what the guest calls them. */
const DISKS = [
  { name: 'd1', guestName: 'sda' },
  { name: 'd2', guestName: 'sdb' },
] as const;
const program = fileURLToPath(new URL('../dist/lvmedic', import.meta.url));

class StepFailed extends Error {}
class PersonSaidNo extends Error {}

const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
const [bold, faint] = isTerminal && !process.env.NO_COLOR ? [style(1), style(2)] : [style(), style()];

function style(code?: number): (text: string) => string {
  return (text) => (code === undefined ? text : `\x1b[${code}m${text}\x1b[0m`);
}

let steps = 0;
function headline(text: string, ...notes: string[]): void {
  const rule = '-'.repeat(Math.max(3, 90 - text.length));
  console.log(`\n${bold(`${++steps}. ${text} ${rule}`)}`);
  for (const note of notes) console.log(note);
  if (notes.length > 0) console.log();
}

function held(sentence: string): void {
  console.log(`${bold('HELD')}  ${sentence}`);
}

function demand(condition: boolean, sentence: string): void {
  if (!condition) throw new StepFailed(sentence);
  held(sentence);
}

/** What the real lvm says, as a person would ask it; kept to the VG's disks. */
function showLvm(world: LabWorld, ...args: string[]): string {
  console.log(bold(`$ lvm ${args.join(' ')}`));
  const ran = world.tryLvm(args, { archive: false });
  // There is no device-mapper for these disks, so that nothing of this machine is touched; lvm remarks on it each time.
  const said = `${ran.stdout}${ran.stderr}`
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('Activation disabled'));
  console.log(`${said.join('\n')}\n`);
  return said.join('\n');
}

const showVolumes = (world: LabWorld): string =>
  showLvm(world, 'lvs', '-o', 'lv_name,lv_size,lv_health_status,devices', VG);

/** Runs dist/lvmedic before the eyes of the person; with a terminal it is the person who answers. */
function lvmedic(world: LabWorld, ...args: string[]): Promise<number> {
  return runLvmedic(world, args, 'inherit');
}

/** The same for what was seen before: of what it says only the end is shown, from the rehearsal on. */
function lvmedicBriefly(world: LabWorld, ...args: string[]): Promise<number> {
  return runLvmedic(world, args, 'pipe');
}

async function runLvmedic(
  world: LabWorld,
  args: readonly string[],
  out: 'inherit' | 'pipe',
): Promise<number> {
  console.log(bold(`$ lvmedic ${args.join(' ')}`));
  const ran = spawnSync(program, [...args, '--state-dir', world.stateDir], {
    stdio: ['inherit', out, 'inherit'],
    encoding: 'utf8',
    env: { ...process.env, ...productEnvironment(world) },
  });
  if (out === 'pipe') {
    const lines = ran.stdout.trimEnd().split('\n');
    const from = Math.max(
      0,
      lines.findIndex((line) => line.startsWith('Rehearsing')),
    );
    console.log([...(from > 0 ? ['...'] : []), ...lines.slice(from)].join('\n'));
  }
  console.log(faint(`(exit status ${ran.status ?? ran.signal})\n`));
  // A Ctrl-C meant us as well: it ends the demonstration here, before its effect is taken for a failed step.
  await pause();
  return ran.status ?? -1;
}

/** Checksums of all files in the root filesystem, read from where the root LV's extents lie, as lvm maps them. */
function rootFiles(world: LabWorld): Map<string, string> {
  const content = join(world.dir, 'root.img');
  const folder = join(world.dir, 'root');
  try {
    copyLv(world, ROOT_LV, lvMaps(world)[ROOT_LV] ?? [], geometries(world), content);
    run('e2fsck', ['-f', '-n', content]);
    mkdirSync(folder);
    run('debugfs', ['-R', `rdump / ${folder}`, content]);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) =>
      each.isFile(),
    );
    return new Map(
      files
        .map(({ parentPath, name }) => join(parentPath, name))
        .sort()
        .map((file) => [file.slice(folder.length), sha256(readFileSync(file))]),
    );
  } finally {
    rmSync(content, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const short = (hash = ''): string => hash.slice(0, 16);
const same = (a: object, b: object): boolean => JSON.stringify(a) === JSON.stringify(b);

function table(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows) {
    const line = row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ');
    console.log(`  ${line.trimEnd()}`);
  }
  console.log();
}

async function demonstrate(world: LabWorld): Promise<void> {
  const recipe = allRecipes.find(({ id }) => id === RECIPE);
  if (recipe === undefined) throw new Error(`no recipe ${RECIPE}`);
  console.log(
    'A VM was restored and stops in the emergency shell: its root volume does not come up. This shows how',
  );
  console.log('lvmedic repairs that, with the real lvm, on small disks made for it and removed at the end.');

  headline('A healthy VM', `Two disks, one volume group (${VG}); its root filesystem lies on both.`);
  recipe.build(world);
  const nodes = DISKS.map(({ name }) => world.node(name));
  table([
    ['in the VM', 'here'],
    ...DISKS.map(({ guestName }, index) => [guestName, nodes[index] ?? '']),
    ['other disks', 'another volume group, an orphan PV, an ext4, an empty one: nothing may touch them'],
  ]);
  showVolumes(world);
  const files = rootFiles(world);
  held(
    `${files.size} files in the root filesystem, e2fsck finds it clean; their checksums are noted for later`,
  );
  await pause();

  headline(
    'The incident',
    'A backup proxy sees only sda, and its own lvm changes the volume group. sdb is restored all the same, but',
    'the metadata calls it MISSING from now on. Look at "partial": lvm activates neither root nor home.',
  );
  recipe.break(world);
  const broken = world.fingerprint();
  showVolumes(world);
  const [backup = ''] = world.files('backup', VG);
  demand(
    readFileSync(backup, 'utf8').includes('"MISSING"'),
    `/etc/lvm/backup/${VG} holds the broken state as well: vgcfgrestore ${VG} would restore just that`,
  );
  await pause();

  headline(
    'The diagnosis',
    'Look at the evidence (disk, byte, what was found) and at the one command of the remedy.',
  );
  demand(
    (await lvmedic(world, 'diagnose', ...nodes)) === EXIT.faultsLeft,
    'the fault is found (exit status 4)',
  );
  await pause();

  headline(
    'The rehearsal',
    'The same command on copies of the metadata. Look at the line "Rehearsed": what the volumes would be.',
  );
  const rehearsed = await lvmedic(world, 'repair', '--dry-run', ...nodes);
  demand(rehearsed === EXIT.faultsLeft, 'the rehearsal worked (exit status 4: the fault is still there)');
  demand(same(world.fingerprint(), broken), 'not one byte of any disk has changed so far (sha256 of each)');
  await pause();

  headline(
    'The repair',
    isTerminal
      ? 'Now it is yours: lvmedic asks before it writes. Answer y (Enter means no).'
      : 'There is no terminal, so nobody is asked (--unattended). On a terminal you would answer here.',
  );
  const status = await lvmedic(world, 'repair', ...(isTerminal ? [] : ['--unattended']), ...nodes);
  if ((status & EXIT.cancelled) !== 0) {
    demand(same(world.fingerprint(), broken), 'you said no, and not one byte of any disk has changed');
    throw new PersonSaidNo();
  }
  demand(status === EXIT.repaired, 'repaired and verified (exit status 1)');
  const repaired = world.fingerprint();
  await pause();

  headline('What others say', 'Look at the empty "Health" column, then at the files.');
  demand(!/partial|MISSING|missing|WARNING/.test(showVolumes(world)), 'lvm has nothing to complain about');
  const now = rootFiles(world);
  table([
    ['file in the root filesystem', 'sha256 before the incident', 'now'],
    ...[...files].map(([name, hash]) => [name, short(hash), short(now.get(name))]),
  ]);
  demand(same([...now], [...files]), 'every file is as it was, across both disks; e2fsck finds no error');
  const others = Object.keys(broken).filter((name) => !DISKS.some((disk) => disk.name === name));
  demand(
    others.every((name) => repaired[name] === broken[name]),
    'the other disks were not touched',
  );
  await pause();

  headline(
    'The way back',
    'Look at the first and the last column: undo brings the broken state back, byte for byte.',
  );
  demand((await lvmedic(world, 'undo', '--unattended')) === EXIT.nothingWrong, 'undone (exit status 0)');
  const undone = world.fingerprint();
  const label = (name: string) => DISKS.find((disk) => disk.name === name)?.guestName ?? name;
  table([
    ['sha256 of disk', 'broken', 'repaired', 'undone'],
    ...Object.keys(broken).map((name) => [
      label(name),
      ...[broken, repaired, undone].map((each) => short(each[name])),
    ]),
  ]);
  demand(same(undone, broken), 'every disk is byte for byte what it was before the repair');
  await pause();

  headline('And repaired again');
  demand(
    (await lvmedicBriefly(world, 'repair', '--unattended', ...nodes)) === EXIT.repaired,
    'repaired and verified (exit status 1)',
  );
  demand(
    (await lvmedic(world, 'diagnose', ...nodes)) === EXIT.nothingWrong,
    'a fresh look finds nothing wrong (exit status 0)',
  );
  await pause();
}

/** Why the demonstration cannot run here, and what can be done about it; null when it can. */
function obstacle(): string | null {
  if (!existsSync(program)) return 'dist/lvmedic is not built yet: npm run build';
  const lab = labUnavailable();
  if (lab === null) return null;
  const isRoot = process.getuid?.() === 0;
  return [
    `The demonstration ${lab}: it makes small disks and breaks them, with the real lvm.`,
    ...(isRoot ? [] : ['Run it as root: sudo npm start. It touches no disk of this machine.']),
    'Without that you can look around: dist/lvmedic --help, dist/lvmedic explain, dist/lvmedic diagnose IMAGE...',
  ].join('\n');
}

async function main(): Promise<number> {
  const reason = obstacle();
  if (reason !== null) {
    console.error(reason);
    return EXIT.operationalError;
  }
  const recipe = allRecipes.find(({ id }) => id === RECIPE);
  const world = new LabWorld(recipe?.disks ?? []);
  try {
    await demonstrate(world);
    console.log(`\n${bold('Every step held.')} The disks of the demonstration are removed. What next:`);
    console.log('  dist/lvmedic diagnose            this machine, reading only');
    console.log('  dist/lvmedic explain             every fault it knows');
    console.log('  npm run lab                      all incidents it is tested with, to try by hand');
    return EXIT.nothingWrong;
  } catch (error) {
    // A Ctrl-C that ended a command ends the demonstration here, before it is taken for a failed step.
    await pause();
    if (error instanceof PersonSaidNo) {
      console.log('\nThe demonstration ends here. Its disks are removed; npm start begins anew.');
      return EXIT.cancelled;
    }
    if (!(error instanceof StepFailed)) throw error;
    console.error(`\n${bold('FAILED')}  This did not hold: ${error.message}. Above is what lvmedic said.`);
    return EXIT.operationalError;
  } finally {
    world.dispose();
  }
}

process.exitCode = await main();
