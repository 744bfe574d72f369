import fs from 'node:fs';
import path from 'node:path';
import type { BootEnvironment, Initramfs } from '../../engine/ports.ts';
import { visible } from '../../model/escape.ts';
import { err, ok, type Result } from '../../model/result.ts';
import { codeOf, findExecutable, makeFolder, readSmallFile } from '../files.ts';
import { liveLvmContext, type TargetContext } from '../lvm-context.ts';
import { mountPointOfNode } from '../machine.ts';
import { quietMount } from './quiet-mount.ts';
import { keepRootReadOnly } from './read-only-root.ts';
import { standIn } from './stand-in.ts';

/** The hooks of the initramfs look for this, and go on with the boot when it is there. */
const GO_ON = '/run/lvmedic/boot-goes-on';
/** `/run` survives the switch of root: the running system's lvmedic-report.service finds this there. */
const SUMMARY = '/run/initramfs/lvmedic-boot/summary';
const SETTLE_SECONDS = 30;

/** The initramfs around us, as dracut and initramfs-tools each leave their mark. */
export function bootEnvironment(context: TargetContext, kernelCommandLine: string): BootEnvironment {
  const initramfs = initramfsKind();
  const { runner } = context;
  return {
    initramfs,
    kernelCommandLine,
    lvmContext: (nodes) => liveLvmContext(context, nodes),
    async settle() {
      const udevadm = findExecutable('udevadm');
      if (udevadm !== null) await runner.run([udevadm, 'settle', `--timeout=${SETTLE_SECONDS}`]);
    },
    async fstabOf(node, filesystem) {
      const mountPoint = mountPointOfNode(node);
      return mountPoint === null ? quietMount(runner, node, filesystem, readFstab) : readFstab(mountPoint);
    },
    letAutoactivate,
    standIn,
    keepRootReadOnly: (filesystem) => keepRootReadOnly(initramfs, filesystem, kernelCommandLine, runner),
    goOn: () => writeFile(GO_ON, ''),
    leaveSummary: (lines) => writeFile(SUMMARY, `${lines.map(visible).join('\n')}\n`),
  };
}

/** lvm's own sign that a group was activated when its disks came; it is set even if next to nothing could be. */
function letAutoactivate(vgName: string): void {
  const isName = /^[A-Za-z0-9+_.-]+$/.test(vgName) && vgName !== '.' && vgName !== '..';
  if (isName) fs.rmSync(path.join('/run/lvm/vgs_online', vgName), { force: true });
}

function readFstab(root: string): Result<string, string> {
  const text = readSmallFile(path.join(root, 'etc/fstab'));
  return text === null ? err('it has no /etc/fstab that can be read') : ok(text);
}

function initramfsKind(): Initramfs {
  if (fs.existsSync('/conf/initramfs.conf') || fs.existsSync('/scripts/functions')) return 'initramfs-tools';
  return fs.existsSync('/run/systemd/system') ? 'dracut-systemd' : 'dracut';
}

/** A file in memory that cannot be written is a word that does not get through: nothing else fails for it. */
function writeFile(file: string, text: string): void {
  try {
    makeFolder(path.dirname(file));
    fs.writeFileSync(file, text, { mode: 0o644 });
  } catch (error) {
    process.emitWarning(`${file} could not be written (${codeOf(error)})`);
  }
}
