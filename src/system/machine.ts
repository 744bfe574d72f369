import fs from 'node:fs';
import path from 'node:path';
import type { Runner } from '../engine/ports.ts';
import { parseVersion } from '../lvm/version.ts';
import { err, ok, type Result } from '../model/result.ts';
import type { ActiveLv, LvmTool, Machine } from '../model/survey.ts';
import { findExecutable, listFolder, readText } from './files.ts';

const MAX_FILE_BYTES = 16 * 1024 * 1024;
const MAX_FILES = 500;

/** The distribution's lvm and its version. `lvm version` reads no disk. */
export async function findLvm(
  wanted: string | null,
  runner: Runner,
): Promise<Result<LvmTool | null, string>> {
  const file = wanted ?? findExecutable('lvm');
  if (file === null) return ok(null);
  const run = await runner.run([file, 'version']);
  const version = parseVersion(run.stdout);
  if (version !== null) return ok({ path: file, version });
  return wanted === null
    ? ok(null)
    : err(`${wanted} is no lvm that runs here (${run.stderr.trim() || `it ended with ${run.exitCode}`})`);
}

export function describeMachine(targetsGiven: boolean, lvm: LvmTool | null): Result<Machine, string> {
  const deviceMapper = /(^|\s)device-mapper$/m.test(readText('/proc/misc') ?? '');
  if (deviceMapper && !fs.existsSync('/sys/block')) {
    return err('/sys is not mounted, so active volumes cannot be seen: mount -t sysfs sysfs /sys');
  }
  return ok({
    targetsGiven,
    inInitramfs: inInitramfs(),
    deviceMapper,
    kernelCommandLine: readText('/proc/cmdline') ?? '',
    lvm,
    activeLvs: activeLvs(),
    pvCache: fs.existsSync('/run/lvm/pvs_online') || fs.existsSync('/run/lvm/lvmetad.socket'),
  });
}

/** dracut and initramfs-tools each leave their mark. */
export function inInitramfs(): boolean {
  return fs.existsSync('/etc/initrd-release') || fs.existsSync('/conf/initramfs.conf');
}

/** LVs that the kernel has mapped: their device-mapper id is `LVM-`, VG id, LV id, and perhaps a layer. */
function activeLvs(): ActiveLv[] {
  return listFolder('/sys/block').flatMap((name): ActiveLv[] => {
    const uuid = readText(`/sys/block/${name}/dm/uuid`) ?? '';
    const parts = /^LVM-([0-9A-Za-z]{32})([0-9A-Za-z]{32})/.exec(uuid);
    if (parts === null) return [];
    const node = `/dev/${name}`;
    const heldBy = holderOf(name, node);
    return [
      {
        vgUuid: dashed(parts[1] ?? ''),
        lvUuid: dashed(parts[2] ?? ''),
        node,
        dmName: readText(`/sys/block/${name}/dm/name`) ?? name,
        open: heldBy !== null,
        heldBy,
      },
    ];
  });
}

/** lvm prints ids in groups of 6-4-4-4-4-4-6. */
function dashed(id: string): string {
  return [6, 10, 14, 18, 22, 26].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, id);
}

/** What holds a mapped LV, in words; null when nothing does. Holders that are LVs themselves do not count: they go with it. */
function holderOf(name: string, node: string): string | null {
  const device = readText(`/sys/block/${name}/dev`) ?? '';
  const mount = (readText('/proc/self/mountinfo') ?? '')
    .split('\n')
    .map((line) => line.split(' '))
    .find((fields) => fields[2] === device);
  if (mount !== undefined) return `mounted on ${mount[4]}`;
  const swap = (readText('/proc/swaps') ?? '')
    .split('\n')
    .some((line) => realPath(line.split(/\s/)[0] ?? '') === node);
  if (swap) return 'swap';
  const holders = listFolder(`/sys/block/${name}/holders`);
  const foreign = holders.find(
    (holder) => !(readText(`/sys/block/${holder}/dm/uuid`) ?? '').startsWith('LVM-'),
  );
  if (foreign !== undefined) return `held by ${foreign}`;
  return holders.length === 0 && isClaimed(node) ? 'in use by another program' : null;
}

function realPath(file: string): string {
  try {
    return file.startsWith('/') ? fs.realpathSync(file) : file;
  } catch {
    return file;
  }
}

/** O_EXCL on a block device fails while anything else has claimed it. */
export function isClaimed(node: string): boolean {
  try {
    fs.closeSync(fs.openSync(node, fs.constants.O_RDONLY | fs.constants.O_EXCL));
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EBUSY';
  }
}

/** lvm's own backups and archives: from LVM_SYSTEM_DIR as lvm itself takes it, else /etc/lvm. Newest names last. */
export function lvmFiles(): { path: string; bytes: Uint8Array }[] {
  const root = process.env.LVM_SYSTEM_DIR || '/etc/lvm';
  const files = ['backup', 'archive'].flatMap((folder) =>
    listFolder(path.join(root, folder))
      .slice(-MAX_FILES)
      .map((name) => path.join(root, folder, name)),
  );
  return files.flatMap((file) => {
    try {
      const stat = fs.statSync(file);
      return stat.isFile() && stat.size <= MAX_FILE_BYTES
        ? [{ path: file, bytes: fs.readFileSync(file) }]
        : [];
    } catch {
      return [];
    }
  });
}
