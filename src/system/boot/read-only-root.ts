import fs from 'node:fs';
import path from 'node:path';
import type { Initramfs, Runner } from '../../engine/ports.ts';
import { err, ok, type Result } from '../../model/result.ts';
import { codeOf, findExecutable, makeFolder } from '../files.ts';
import { quietOptions } from './quiet-mount.ts';

/**
 * Has whoever goes on with the boot mount root read-only, without replaying its journal and without fsck. That it
 * stays so is up to device-mapper, which is told to refuse writes when the volume is activated.
 */
export async function keepRootReadOnly(
  initramfs: Initramfs,
  filesystem: string,
  runner: Runner,
): Promise<Result<void, string>> {
  const options = quietOptions(filesystem);
  if (options === null) return err(`${filesystem} cannot be mounted without writing to it`);
  try {
    switch (initramfs) {
      case 'initramfs-tools':
        // Read again by its scripts after every step; the last word counts.
        fs.appendFileSync('/conf/param.conf', `ROOTFLAGS="-o ${options}"\nreadonly=y\nfastboot=y\n`);
        return ok(undefined);
      case 'dracut':
        makeFolder('/etc/cmdline.d');
        fs.writeFileSync('/etc/cmdline.d/99-lvmedic.conf', `rootflags=${options} ro fastboot\n`);
        return ok(undefined);
      case 'dracut-systemd':
        return await dropIns(options, runner);
    }
  } catch (error) {
    return err(`the mount of root cannot be changed (${codeOf(error)})`);
  }
}

async function dropIns(options: string, runner: Runner): Promise<Result<void, string>> {
  const systemctl = findExecutable('systemctl');
  if (systemctl === null) return err('systemctl is not here');
  const write = (unit: string, text: string) => {
    const folder = path.join('/run/systemd/system', `${unit}.d`);
    makeFolder(folder);
    fs.writeFileSync(path.join(folder, '50-lvmedic.conf'), text);
  };
  write('sysroot.mount', `[Mount]\nOptions=\nOptions=${options}\n`);
  // A check would replay the journal, and fail on the holes.
  for (const unit of ['systemd-fsck-root.service', 'systemd-fsck@.service']) {
    write(unit, '[Unit]\nConditionPathExists=/run/lvmedic/never\n');
  }
  const reloaded = await runner.run([systemctl, 'daemon-reload']);
  return reloaded.exitCode === 0 ? ok(undefined) : err(`systemctl daemon-reload: ${reloaded.stderr.trim()}`);
}
