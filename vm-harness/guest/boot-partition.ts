import { copyFileSync, cpSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MIB, removeFolder, run, temporaryFolder } from '../lab/host.ts';
import { type Deb, PROGRAM } from './deb.ts';
import { BOOT_MIB, BOOT_UUID, MAKE_EXT4 } from './layout.ts';

/** Where the initramfs of mode `hook` looks for the program on the filesystem that is /boot. */
const PROGRAM_IN_BOOT = 'lvmedic/lvmedic';

/** Makes the image of a /boot: with these files of the kernel, and with the package, its program. */
export function makeBootPartition(image: string, kernel: string, deb: Deb | null): void {
  const folder = temporaryFolder('lvmedic-boot-');
  cpSync(kernel, folder, { recursive: true });
  if (deb !== null) {
    const program = join(folder, PROGRAM_IN_BOOT);
    mkdirSync(join(program, '..'));
    copyFileSync(join(deb.tree, PROGRAM), program);
  }
  writeFileSync(image, '');
  truncateSync(image, BOOT_MIB * MIB);
  run('mke2fs', [...MAKE_EXT4, '-L', 'boot', '-U', BOOT_UUID, '-d', folder, image]);
  removeFolder(folder);
}
