import fs from 'node:fs';
import path from 'node:path';
import { listFolder, readText } from './files.ts';
import { identityOf } from './identity.ts';

const SECTOR_BYTES = 512;

/** A block device as the kernel knows it. Everything may be unknown where /sys is not mounted. */
export interface BlockDevice {
  readonly node: string;
  readonly sizeBytes: number;
  readonly sectorBytes: number | null;
  readonly readOnly: boolean;
  readonly identity: string;
  /** Part of an md array or a multipath map. */
  readonly isLeg: boolean;
  readonly partitions: readonly { readonly node: string; readonly startBytes: number }[];
}

/** Describes the block device behind an open file. */
export function describeDevice(node: string, fd: number): BlockDevice {
  const sys = sysFolder(fs.fstatSync(fd).rdev);
  const attribute = (name: string) => (sys === null ? null : readText(path.join(sys, name)));
  const ownQueue = attribute('queue/logical_block_size') ?? attribute('../queue/logical_block_size');
  return {
    node,
    sizeBytes: attribute('size') !== null ? Number(attribute('size')) * SECTOR_BYTES : sizeWithoutSys(fd),
    sectorBytes: ownQueue === null ? null : Number(ownQueue),
    readOnly: attribute('ro') === '1',
    identity: identityOf(node, sys),
    isLeg: sys !== null && isLeg(sys),
    partitions: sys === null ? [] : partitionsOf(sys),
  };
}

/** `/sys/dev/block/8:1`, resolved; null without /sys. */
function sysFolder(rdev: number): string | null {
  const { major, minor } = numbersOf(rdev);
  try {
    return fs.realpathSync(`/sys/dev/block/${major}:${minor}`);
  } catch {
    return null;
  }
}

/** As glibc's gnu_dev_major and gnu_dev_minor take a device number apart, for numbers below 2^32. */
export function numbersOf(rdev: number): { major: number; minor: number } {
  return { major: (rdev >>> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00) };
}

function partitionsOf(sys: string): { node: string; startBytes: number }[] {
  return listFolder(sys).flatMap((name) => {
    const start = readText(path.join(sys, name, 'start'));
    return start === null ? [] : [{ node: `/dev/${name}`, startBytes: Number(start) * SECTOR_BYTES }];
  });
}

/** True when md or multipath is built on this device: its content shows again, rightly, on theirs. */
function isLeg(sys: string): boolean {
  return listFolder(path.join(sys, 'holders')).some((holder) => {
    if (holder.startsWith('md')) return true;
    return readText(`/sys/block/${holder}/dm/uuid`)?.startsWith('mpath-') === true;
  });
}

/** True when something is built on the device or it is a member of something: dm, md, multipath. */
export function hasHolders(node: string): boolean {
  return listFolder(`/sys/class/block/${path.basename(fs.realpathSync(node))}/holders`).length > 0;
}

/** /proc/partitions counts in KiB and is there in every chroot; an odd last sector is found by reading it. */
function sizeWithoutSys(fd: number): number {
  const { major, minor } = numbersOf(fs.fstatSync(fd).rdev);
  for (const line of readText('/proc/partitions')?.split('\n') ?? []) {
    const [lineMajor, lineMinor, blocks] = line.trim().split(/\s+/).map(Number);
    if (lineMajor !== major || lineMinor !== minor || blocks === undefined) continue;
    const sizeBytes = blocks * 1024;
    const sector = Buffer.alloc(SECTOR_BYTES);
    return fs.readSync(fd, sector, 0, SECTOR_BYTES, sizeBytes) === SECTOR_BYTES
      ? sizeBytes + SECTOR_BYTES
      : sizeBytes;
  }
  return 0;
}

/** Nodes of all disks of this machine that can carry a PV: no LVs, no empty loops, no RAM disks, no CDs. */
export function allDisks(): string[] {
  return listFolder('/sys/block')
    .filter((name) => !/^(ram|zram|fd|sr)\d/.test(name))
    .filter((name) => Number(readText(`/sys/block/${name}/size`) ?? 0) > 0)
    .filter((name) => !(readText(`/sys/block/${name}/dm/uuid`) ?? '').startsWith('LVM-'))
    .map((name) => `/dev/${name.replaceAll('!', '/')}`);
}
