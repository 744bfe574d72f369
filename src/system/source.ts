import fs from 'node:fs';
import type { OpenSource, SourceDisk, SourceError, SurveySource } from '../engine/ports.ts';
import { err, ok, type Result } from '../model/result.ts';
import type { LvmTool } from '../model/survey.ts';
import { allDisks, describeDevice } from './devices.ts';
import { codeOf, fileReader } from './files.ts';
import { describeMachine, lvmFiles } from './machine.ts';

/** Formats whose disks are not where their bytes are; reading them as raw would show nothing and mean nothing. */
const CONTAINERS: readonly (readonly [magic: string, name: string])[] = [
  ['QFI\xfb', 'qcow2'],
  ['KDMV', 'VMDK'],
  ['COWD', 'VMDK'],
  ['# Disk DescriptorFile', 'VMDK'],
  ['conectix', 'VHD'],
  ['vhdxfile', 'VHDX'],
];

/** Where a survey reads: the named TARGETs, else all disks of the machine. */
export function surveySource(targets: readonly string[], lvm: LvmTool | null): SurveySource {
  return {
    open(): Result<OpenSource, SourceError> {
      const machine = describeMachine(targets.length > 0, lvm);
      if (!machine.ok) return err({ path: '/sys', message: machine.error });
      const fds: number[] = [];
      const close = () => {
        for (const fd of fds) fs.closeSync(fd);
      };
      const disks: SourceDisk[] = [];
      const unread: SourceError[] = [];
      const seen = new Set<string>();
      for (const target of targets.length > 0 ? targets : allDisks()) {
        const disk = openDisk(target, fds, seen);
        if (!disk.ok) {
          // A TARGET must be readable; of the machine's other disks it is said which could not be read.
          if (targets.length === 0) {
            unread.push(disk.error);
            continue;
          }
          close();
          return disk;
        }
        if (disk.value !== null) disks.push(disk.value);
      }
      return ok({ disks, unread, machine: machine.value, files: lvmFiles(), close });
    },
  };
}

/** Null when the same disk was named before, by whatever path. */
function openDisk(path: string, fds: number[], seen: Set<string>): Result<SourceDisk | null, SourceError> {
  const open = (file: string): number => {
    const fd = fs.openSync(file, fs.constants.O_RDONLY);
    fds.push(fd);
    return fd;
  };
  try {
    const stat = fs.statSync(path);
    if (!stat.isBlockDevice() && !stat.isFile()) {
      return err({ path, message: 'is neither a block device nor an image file' });
    }
    const key = stat.isBlockDevice() ? `device ${stat.rdev}` : `file ${stat.dev}:${stat.ino}`;
    if (seen.has(key)) return ok(null);
    seen.add(key);
    const fd = open(path);
    if (stat.isFile()) {
      const container = containerOf(fd);
      if (container !== null) {
        return err({
          path,
          message: `is a ${container} image: lvmedic reads raw images. Attach it as a device (qemu-nbd) or convert it to raw first`,
        });
      }
      const reader = fileReader(fd, stat.size);
      return ok({
        path,
        kind: 'image',
        sectorBytes: null,
        readOnly: !isWritable(path),
        identity: key,
        isLeg: false,
        reader,
        partitions: [],
      });
    }
    const device = describeDevice(path, fd);
    return ok({
      path,
      kind: 'block',
      sectorBytes: device.sectorBytes === 4096 ? 4096 : device.sectorBytes === 512 ? 512 : null,
      readOnly: device.readOnly,
      identity: device.identity,
      isLeg: device.isLeg,
      reader: fileReader(fd, device.sizeBytes),
      partitions: device.partitions.flatMap(({ node, startBytes }) => {
        try {
          const partition = describeDevice(node, open(node));
          const partitionFd = fds.at(-1) ?? -1;
          return [
            {
              startBytes,
              node,
              isLeg: partition.isLeg,
              reader: fileReader(partitionFd, partition.sizeBytes),
            },
          ];
        } catch {
          return [];
        }
      }),
    });
  } catch (error) {
    return err({ path, message: `cannot be opened (${codeOf(error)})` });
  }
}

function containerOf(fd: number): string | null {
  const head = Buffer.alloc(32);
  fs.readSync(fd, head, 0, head.length, 0);
  const text = head.toString('latin1');
  return CONTAINERS.find(([magic]) => text.startsWith(magic))?.[1] ?? null;
}

function isWritable(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
