import fs from 'node:fs';
import path from 'node:path';
import type { RecordFiles } from '../engine/ports.ts';
import { codeOf, listFolder, makeFolder, syncFolder, writeDurably } from './files.ts';

/** statfs types of filesystems that a power cut empties (linux/magic.h): tmpfs, ramfs, overlay, squashfs. */
const VOLATILE = new Set([0x01021994, 0x858458f6, 0x794c7630, 0x73717368]);
const RECORD_ID = /^\d{8}-\d{6}(-\d+)?$/;

/** The undo records under `stateDir`. `targetDevices`: device numbers that a record must not lie on. */
export function recordFiles(stateDir: string, targetDevices: () => ReadonlySet<number>): RecordFiles {
  const root = path.join(stateDir, 'undo');
  const folder = (id: string) => path.join(root, id);
  return {
    list: () =>
      listFolder(root)
        .filter((name) => RECORD_ID.test(name))
        .sort(byTime),
    folder,
    write(id, name, bytes) {
      if (!fs.existsSync(folder(id))) {
        makeFolder(folder(id));
        for (const each of [root, stateDir, path.dirname(stateDir)]) syncFolder(each);
      }
      writeDurably(path.join(folder(id), name), bytes);
    },
    append(id, name, line) {
      const fd = fs.openSync(path.join(folder(id), name), 'a+', 0o600);
      try {
        fs.writeFileSync(fd, endsInLine(fd) ? `\n${line}\n` : `${line}\n`);
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
      syncFolder(folder(id));
    },
    read(id, name) {
      if (!RECORD_ID.test(id)) return null;
      try {
        return fs.readFileSync(path.join(folder(id), name));
      } catch {
        return null;
      }
    },
    get durability() {
      return VOLATILE.has(filesystemType(stateDir)) ? 'volatile' : 'stable';
    },
    get unusable() {
      return whyUnusable(root, targetDevices());
    },
  };
}

/** Whether a power cut, or a full disk, ended a file in the middle of a line: the next one may not join it. */
function endsInLine(fd: number): boolean {
  const { size } = fs.fstatSync(fd);
  const last = Buffer.alloc(1);
  return size > 0 && fs.readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
}

/** `20261121-101500-10` comes after `20261121-101500-9`. */
function byTime(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function filesystemType(folder: string): number {
  const existing = nearestExisting(folder);
  return existing === null ? 0 : fs.statfsSync(existing).type;
}

function nearestExisting(folder: string): string | null {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    if (fs.existsSync(at)) return at;
    if (at === path.dirname(at)) return null;
  }
}

function whyUnusable(root: string, targets: ReadonlySet<number>): string | null {
  const advice = 'Give a folder on another disk with --state-dir';
  try {
    makeFolder(root);
    fs.accessSync(root, fs.constants.W_OK);
  } catch (error) {
    return `the folder for undo records, ${root}, cannot be written (${codeOf(error)}). ${advice}`;
  }
  return targets.has(fs.statSync(root).dev)
    ? `${root} lies on one of the disks to be repaired. ${advice}`
    : null;
}
