import assert from 'node:assert/strict';
import { basename, join } from 'node:path';
import { removeFolder, run, temporaryFolder } from '../lab/host.ts';
import { ChrootSystem } from './chroot-system.ts';
import {
  contentsOf,
  DRACUT_HOOKS,
  differenceOf,
  initramfsOf,
  NO_DIFFERENCE,
  PROGRAM_AND_HOOKS,
} from './contents.ts';
import { buildStandIns } from './stand-ins.ts';

/** What Fedora, RHEL and SUSE have, for which a Debian's own files stand here. */
const DISTRIBUTION = `
Name: distribution
Version: 1
Release: 1
Summary: What lvmedic needs
License: Apache-2.0
BuildArch: noarch
Provides: /bin/sh lvm2 util-linux dracut
%description
%files
`;

/** Folders of their packages `filesystem`, `man-db` and `grub2-common`. */
const THEIR_FOLDERS = '/etc/grub.d /usr/share/licenses /usr/share/man/man5 /usr/share/man/man8';

/** An initramfs without kernel modules: here the files of the package matter, and each is made in seconds. */
const QUICK_DRACUT = 'no_kernel=yes\n';

const HOOKS = [...DRACUT_HOOKS, ...PROGRAM_AND_HOOKS];

export interface RpmPair {
  readonly older: string;
  readonly newer: string;
}

/**
 * Installs the older package, changes its settings, upgrades and erases it, with rpm's own checks of what a package needs
 * and the real dracut, and looks at every file and into every initramfs. Rejects when something is not as it must be.
 */
export async function playRpmLife({ older, newer }: RpmPair): Promise<void> {
  const packages = temporaryFolder('lvmedic-packages-');
  const system = await ChrootSystem.install('bookworm', 'initramfs-tools');
  const rpm = async (what: string): Promise<void> => {
    const said = await system.runOutside(`rpm --root "$root" --dbpath /var/lib/rpm ${what}`);
    assert.doesNotMatch(said, /^(warning|error):|lvmedic: .*(could not|nothing was changed|left out)/m, said);
  };
  try {
    for (const file of [older, newer]) run('cp', [file, packages]);
    buildStandIns(DISTRIBUTION, packages);
    // dracut alone, as where packages are RPMs.
    await system.run('dpkg --purge --force-depends initramfs-tools initramfs-tools-core');
    await system.run(`mkdir -p ${THEIR_FOLDERS}`);
    system.write('etc/grub.d/00_header', '');
    system.write('etc/dracut.conf.d/quick.conf', QUICK_DRACUT);
    await system.run('dracut --force --regenerate-all');
    await system.runOutside('rpm --root "$root" --dbpath /var/lib/rpm --initdb');
    await rpm(`--install ${join(packages, 'distribution.rpm')}`);
    const initramfs = () => initramfsOf(system, 'dracut');
    const [files, before] = [await contentsOf(system), await initramfs()];

    // /boot lies on a loop device here, which is no plain partition: MODE=auto takes embed.
    await rpm(`--install ${join(packages, basename(older))}`);
    assert.deepEqual(
      differenceOf(before, await initramfs()),
      { ...NO_DIFFERENCE, added: HOOKS },
      'MODE=embed',
    );
    await rpm('--verify lvmedic');

    system.write('etc/lvmedic.conf', '# chosen by the administrator\nMODE=hook\n');
    await rpm(`--upgrade ${join(packages, basename(newer))}`);
    assert.match(system.read('etc/lvmedic.conf'), /administrator/, 'an upgrade leaves settings alone');
    assert.deepEqual(
      differenceOf(before, await initramfs()),
      { ...NO_DIFFERENCE, added: [...HOOKS, 'etc/lvmedic', 'etc/lvmedic/place'].sort() },
      'MODE=hook',
    );
    await system.run('cmp /usr/bin/lvmedic /boot/lvmedic/lvmedic; /boot/lvmedic/lvmedic --version');

    const erased = await system.runOutside('rpm --root "$root" --dbpath /var/lib/rpm --erase lvmedic');
    assert.match(erased, /saved as .*lvmedic\.conf\.rpmsave/, erased);
    assert.deepEqual(differenceOf(before, await initramfs()), NO_DIFFERENCE);
    assert.deepEqual(differenceOf(files, await contentsOf(system)), {
      ...NO_DIFFERENCE,
      // rpm keeps what somebody wrote.
      added: ['etc/lvmedic.conf.rpmsave'],
    });
  } finally {
    system.dispose();
    removeFolder(packages);
  }
}
