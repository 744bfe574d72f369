import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Generator } from '../guest/root-tree.ts';
import type { Suite } from '../guest/suites.ts';
import { removeFolder, run, temporaryFolder } from '../lab/host.ts';
import { ChrootSystem } from './chroot-system.ts';
import {
  type Contents,
  contentsOf,
  type Difference,
  DRACUT_HOOKS,
  differenceOf,
  initramfsOf,
  NO_DIFFERENCE,
  PROGRAM_AND_HOOKS,
} from './contents.ts';

/** The first initramfs of a system, as its kernel's package would have it made. */
const FIRST_INITRAMFS: Readonly<Record<Generator, string>> = {
  'initramfs-tools': 'update-initramfs -c -k all',
  dracut: '/etc/kernel/postinst.d/dracut "$(ls /lib/modules)"',
};

/** What an initramfs has of lvmedic in both modes: folders and files. */
const HOOKS: Readonly<Record<Generator, readonly string[]>> = {
  'initramfs-tools': [
    ...['panic', 'local-block', 'local-bottom'].flatMap((name) => [
      `scripts/${name}`,
      `scripts/${name}/ORDER`,
      `scripts/${name}/lvmedic`,
    ]),
    'usr/lib/lvmedic/shell-rc',
  ],
  dracut: DRACUT_HOOKS,
};
const HOOK_ONLY = ['etc/lvmedic', 'etc/lvmedic/place'];
/** A real losetup takes the place of busybox's, with the library that it needs. */
const LOSETUP = /^(usr\/)?(sbin\/losetup|lib\/[^/]+\/libsmartcols\.so\.[\d.]+)$/;

/** Settings of a person, which an upgrade must leave alone. */
const OWN_CONF = '# chosen by the administrator\nMODE=hook\n';

export interface DebLife {
  readonly suite: Suite;
  readonly generator: Generator;
}

/**
 * Installs an older version of the package, changes its settings, upgrades, removes and purges it, in a real system with
 * the real generator, and looks at every file and into every initramfs. Rejects when something is not as it must be.
 *
 * @param deb the package as it was built
 */
export async function playDebLife({ suite, generator }: DebLife, deb: string): Promise<void> {
  const packages = temporaryFolder('lvmedic-packages-');
  const system = await ChrootSystem.install(suite, generator);
  try {
    run('cp', [deb, packages]);
    const older = olderVersion(deb, packages);
    await system.run(FIRST_INITRAMFS[generator]);
    const [files, initramfs] = [await contentsOf(system), await initramfsOf(system)];

    // /boot lies on a loop device here, which is no plain partition: MODE=auto takes embed.
    await dpkg(system, packages, `--install /tmp/packages/${older}`);
    const embedding = await initramfsOf(system);
    assertDifference(differenceOf(initramfs, embedding), generator, 'embed');
    assert.equal(
      sum(embedding, 'usr/bin/lvmedic'),
      (await system.run('sha256sum < /usr/bin/lvmedic')).split(' ')[0],
      'the program in the initramfs is the program',
    );

    system.write('etc/lvmedic.conf', OWN_CONF);
    await dpkg(system, packages, `--install /tmp/packages/${basename(deb)}`);
    assert.equal(system.read('etc/lvmedic.conf'), OWN_CONF, 'an upgrade leaves settings alone');
    assert.doesNotMatch(system.read('etc/grub.d/42_lvmedic'), /older/, 'and brings what nobody changed');
    assertDifference(differenceOf(initramfs, await initramfsOf(system)), generator, 'hook');
    await system.run('cmp /usr/bin/lvmedic /boot/lvmedic/lvmedic; /boot/lvmedic/lvmedic --version');
    const installed = await contentsOf(system);
    assert.equal(installed.has('usr/lib/lvmedic/older'), false, 'a file that the new version lacks is gone');
    assert.equal(await system.run('dpkg --verify lvmedic | grep -v "c /etc/lvmedic.conf" || :'), '');

    await dpkg(system, packages, '--remove lvmedic');
    assert.deepEqual(differenceOf(initramfs, await initramfsOf(system)), NO_DIFFERENCE);
    const removed = differenceOf(files, await contentsOf(system));
    assert.deepEqual(
      { ...removed, added: removed.added.filter((path) => !path.startsWith('var/lib/dpkg/info/lvmedic.')) },
      // What dpkg keeps until a package is purged: settings, and what the new version proposed.
      { ...NO_DIFFERENCE, added: ['etc/grub.d', ...CONFFILES].filter((path) => !files.has(path)).sort() },
    );
    await dpkg(system, packages, '--purge lvmedic');
    assert.deepEqual(differenceOf(files, await contentsOf(system)), NO_DIFFERENCE);
  } finally {
    system.dispose();
    removeFolder(packages);
  }
}

const CONFFILES = ['etc/grub.d/42_lvmedic', 'etc/lvmedic.conf', 'etc/lvmedic.conf.dpkg-dist'];

/** The messages of dpkg are part of what fails. */
async function dpkg(system: ChrootSystem, packages: string, action: string): Promise<void> {
  const said = await system.run(`dpkg --force-confdef --force-confold ${action}`, packages);
  assert.doesNotMatch(said, /left out of this initramfs|could not be|nothing was changed/, said);
}

function assertDifference(difference: Difference, generator: Generator, mode: 'hook' | 'embed'): void {
  const isLosetup = (path: string) => mode === 'embed' && LOSETUP.test(path);
  const added = difference.added.filter((path) => !isLosetup(path));
  const expected = [...HOOKS[generator], ...PROGRAM_AND_HOOKS, ...(mode === 'hook' ? HOOK_ONLY : [])];
  // Some generators have folders and lists of their own already, which are changed then.
  const changed = difference.changed.filter((path) => !isLosetup(path));
  assert.deepEqual(
    { added, changed: changed.filter((path) => !path.endsWith('/ORDER')), removed: difference.removed },
    {
      added: expected.filter((path) => !isOfTheGenerator(path, difference)).sort(),
      changed: [],
      removed: [],
    },
    `the initramfs with MODE=${mode}`,
  );
}

/** A folder of scripts that was there before, and the list of those in it. */
function isOfTheGenerator(path: string, { added, changed }: Difference): boolean {
  if (!/^scripts\/[^/]+(\/ORDER)?$/.test(path) || added.includes(path)) return false;
  const list = path.endsWith('/ORDER') ? path : `${path}/ORDER`;
  return changed.includes(list);
}

const sum = (contents: Contents, path: string): string | undefined =>
  /\b[0-9a-f]{64}\b/.exec(contents.get(path) ?? '')?.[0];

/** Makes of a package one of a version before it, with a file that is gone since and other proposals for settings. */
function olderVersion(deb: string, folder: string): string {
  const tree = join(folder, 'older');
  run('dpkg-deb', ['--raw-extract', deb, tree]);
  const control = join(tree, 'DEBIAN/control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, 'Version: 0.0.9-1'));
  for (const file of ['etc/lvmedic.conf', 'etc/grub.d/42_lvmedic', 'usr/lib/lvmedic/older']) {
    appendFileSync(join(tree, file), '# older\n');
  }
  const name = 'older.deb';
  run('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', tree, join(folder, name)]);
  run('rm', ['-r', tree]);
  return name;
}
