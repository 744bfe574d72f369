import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Runner } from '../engine/ports.ts';
import { parseVersion } from '../lvm/version.ts';
import { err, ok, type Result } from '../model/result.ts';
import type { ActiveLv, LvmTool, Machine } from '../model/survey.ts';
import { numbersOf } from './devices.ts';
import { findExecutable, listFolder, readText } from './files.ts';
import { inInitramfs, isDeviceThere, kernelCommandLine, namedDevices } from './kernel-command-line.ts';

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
  const commandLine = kernelCommandLine();
  return ok({
    targetsGiven,
    inInitramfs: inInitramfs(),
    deviceMapper,
    kernelCommandLine: commandLine,
    presentDevices: namedDevices(commandLine).filter(isDeviceThere),
    lvm,
    activeLvs: activeLvs(),
    pvCache: fs.existsSync('/run/lvm/pvs_online') || fs.existsSync('/run/lvm/lvmetad.socket'),
  });
}

/** LVs that the kernel has mapped: their device-mapper id is `LVM-`, VG id, LV id, and perhaps a layer. */
function activeLvs(): ActiveLv[] {
  const names = listFolder('/sys/block').filter((name) => dmUuid(name).startsWith('LVM-'));
  if (names.length === 0) return [];
  const opens = openCounts();
  return names.flatMap((name): ActiveLv[] => {
    const parts = /^LVM-([0-9A-Za-z]{32})([0-9A-Za-z]{32})(?:-(.*))?$/.exec(dmUuid(name));
    if (parts === null) return [];
    const heldBy = holderOf(name, opens.get(dmUuid(name)));
    return [
      {
        vgUuid: dashed(parts[1] ?? ''),
        lvUuid: dashed(parts[2] ?? ''),
        layer: parts[3] ?? null,
        node: `/dev/${name}`,
        name: lvName(readText(`/sys/block/${name}/dm/name`) ?? name),
        open: heldBy !== null,
        heldBy,
      },
    ];
  });
}

const dmUuid = (name: string): string => readText(`/sys/block/${name}/dm/uuid`) ?? '';

/** lvm prints ids in groups of 6-4-4-4-4-4-6. */
function dashed(id: string): string {
  return [6, 10, 14, 18, 22, 26].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, id);
}

/** `vm1--vg-home` is device-mapper's name of `vm1-vg/home`. */
function lvName(dmName: string): string {
  return dmName.replace(/(?<!-)((?:--)*)-(?!-)/, '$1/').replaceAll('--', '-');
}

/** How often each mapped device is open, by its device-mapper id; empty where dmsetup is missing. */
function openCounts(): Map<string, number> {
  const dmsetup = findExecutable('dmsetup');
  if (dmsetup === null) return new Map();
  const args = ['info', '-c', '--noheadings', '--separator', ' ', '-o', 'open,uuid'];
  const { stdout } = spawnSync(dmsetup, args, { encoding: 'utf8', timeout: 30_000, env: { LC_ALL: 'C' } });
  const lines = (stdout ?? '').split('\n').map((line) => line.trim().split(' '));
  return new Map(lines.flatMap(([open, uuid]) => (uuid ? [[uuid, Number(open)] as const] : [])));
}

/** What holds a mapped LV, in words; null when nothing does. Holders that are LVs themselves go with it. */
function holderOf(name: string, openCount: number | undefined): string | null {
  const device = readText(`/sys/block/${name}/dev`) ?? '';
  const mountPoint = mountPointOf(device);
  if (mountPoint !== null) return `mounted on ${mountPoint}`;
  const swaps = (readText('/proc/swaps') ?? '').split('\n').map((line) => line.split(/\s/)[0] ?? '');
  if (swaps.some((node) => deviceNumber(node) === device)) return 'swap';
  const holders = listFolder(`/sys/block/${name}/holders`);
  const foreign = holders.find((holder) => !dmUuid(holder).startsWith('LVM-'));
  if (foreign !== undefined) return `held by ${foreign}`;
  const inUse =
    openCount === undefined ? holders.length === 0 && isClaimed(`/dev/${name}`) : openCount > holders.length;
  return inUse ? 'in use by another program' : null;
}

/** Where a device (`254:3`) is mounted, as mountinfo writes it (a space is `\040`); null when nowhere. */
function mountPointOf(device: string): string | null {
  const mounts = (readText('/proc/self/mountinfo') ?? '').split('\n').map((line) => line.split(' '));
  return mounts.find((fields) => fields[2] === device)?.[4] ?? null;
}

/** Where a block device is mounted whole; null when nowhere. */
export function mountPointOfNode(node: string): string | null {
  const device = deviceNumber(node);
  return device === null ? null : mountPointOf(device);
}

/** `254:3`, as sysfs writes it; null for what is no block device. */
function deviceNumber(node: string): string | null {
  const stat = node.startsWith('/') ? fs.statSync(node, { throwIfNoEntry: false }) : undefined;
  if (!stat?.isBlockDevice()) return null;
  const { major, minor } = numbersOf(stat.rdev);
  return `${major}:${minor}`;
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
