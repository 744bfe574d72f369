import fs from 'node:fs';
import path from 'node:path';
import type { Initramfs, Runner } from '../../engine/ports.ts';
import { lastValue } from '../../model/kernel-command-line.ts';
import { err, ok, type Result } from '../../model/result.ts';
import { codeOf, findExecutable, makeFolder } from '../files.ts';
import { quietOptions } from './quiet-mount.ts';

/** dracut's hooks hand this on to the shell that mounts root: it has read `rootflags=` long before. */
const ROOT_FLAGS = '/run/lvmedic/rootflags';
const CMDLINE_D = '/etc/cmdline.d/99-lvmedic.conf';
const PARAM_CONF = '/conf/param.conf';
const UNITS = '/run/systemd/system';

/**
 * Has whoever goes on with the boot mount root read-only, without replaying its journal and without fsck. That it
 * stays so is up to device-mapper, which is told to refuse writes when the volume is activated. Gives what takes it
 * back.
 */
export async function keepRootReadOnly(
  initramfs: Initramfs,
  filesystem: string,
  kernelCommandLine: string,
  runner: Runner,
): Promise<Result<() => void, string>> {
  const quiet = quietOptions(filesystem);
  if (quiet === null) return err(`${filesystem} cannot be mounted without writing to it`);
  const options = [lastValue(kernelCommandLine, 'rootflags'), quiet].filter(Boolean).join(',');
  try {
    switch (initramfs) {
      case 'initramfs-tools': {
        // Read again by its scripts after every step; the last word counts.
        const before = fs.existsSync(PARAM_CONF) ? fs.readFileSync(PARAM_CONF) : '';
        fs.appendFileSync(PARAM_CONF, `ROOTFLAGS=${quoted(`-o ${options}`)}\nreadonly=y\nfastboot=y\n`);
        return ok(() => fs.writeFileSync(PARAM_CONF, before));
      }
      case 'dracut':
        return ok(
          put([
            [CMDLINE_D, 'ro fastboot\n'],
            [ROOT_FLAGS, `${options}\n`],
          ]),
        );
      case 'dracut-systemd':
        return await dropIns(options, runner);
    }
  } catch (error) {
    return err(`the mount of root cannot be changed (${codeOf(error)})`);
  }
}

/** A check would replay the journal, and fail on the holes. */
async function dropIns(options: string, runner: Runner): Promise<Result<() => void, string>> {
  const systemctl = findExecutable('systemctl');
  if (systemctl === null) return err('systemctl is not here');
  const takeBack = put([
    [dropIn('sysroot.mount'), `[Mount]\nOptions=\nOptions=${options.replaceAll('%', '%%')}\n`],
    [dropIn('systemd-fsck-root.service'), '[Unit]\nConditionPathExists=/run/lvmedic/never\n'],
  ]);
  const reloaded = await runner.run([systemctl, 'daemon-reload']);
  return reloaded.exitCode === 0
    ? ok(takeBack)
    : err(`systemctl daemon-reload: ${reloaded.stderr.trim() || reloaded.exitCode}`);
}

const dropIn = (unit: string): string => path.join(UNITS, `${unit}.d/50-lvmedic.conf`);

/** Writes files, and gives what removes them. */
function put(files: readonly (readonly [file: string, text: string])[]): () => void {
  for (const [file, text] of files) {
    makeFolder(path.dirname(file));
    fs.writeFileSync(file, text);
  }
  return () => {
    for (const [file] of files) fs.rmSync(file, { force: true });
  };
}

/** For a shell that sources it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
