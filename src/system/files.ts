import fs from 'node:fs';
import path from 'node:path';
import type { BlockWriter } from '../engine/ports.ts';
import type { BlockReader } from '../model/block-reader.ts';
import { err, ok } from '../model/result.ts';
import { searchPath } from './run.ts';

/** A reader over an open file or block device. */
export function fileReader(fd: number, sizeBytes: number): BlockReader {
  return {
    sizeBytes,
    read(offsetBytes, lengthBytes) {
      const wanted = Math.max(0, Math.min(lengthBytes, sizeBytes - offsetBytes));
      const buffer = Buffer.alloc(wanted);
      let filled = 0;
      try {
        while (filled < wanted) {
          const got = fs.readSync(fd, buffer, filled, wanted - filled, offsetBytes + filled);
          if (got === 0) break;
          filled += got;
        }
      } catch (error) {
        return err({ code: codeOf(error), offsetBytes: offsetBytes + filled });
      }
      return ok(buffer.subarray(0, filled));
    },
  };
}

/** A writer over an open file or block device. */
export function fileWriter(fd: number): BlockWriter {
  return {
    write(offsetBytes, bytes) {
      try {
        let written = 0;
        while (written < bytes.length) {
          written += fs.writeSync(fd, bytes, written, bytes.length - written, offsetBytes + written);
        }
        return ok(undefined);
      } catch (error) {
        return err(`write failed (${codeOf(error)})`);
      }
    },
    sync() {
      try {
        fs.fsyncSync(fd);
        return ok(undefined);
      } catch (error) {
        return err(`write to stable storage failed (${codeOf(error)})`);
      }
    },
  };
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** The content of a small text file such as those of sysfs, trimmed; null when it cannot be read. */
export function readText(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}

const SMALL_FILE_BYTES = 1024 * 1024;

/** The text of a file that somebody else's filesystem holds: null when it is none, or larger than 1 MiB. */
export function readSmallFile(file: string): string | null {
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    const fd = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stat = fs.fstatSync(fd);
      return stat.isFile() && stat.size <= SMALL_FILE_BYTES ? fs.readFileSync(fd, 'utf8') : null;
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return null;
  }
}

export function listFolder(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** The first executable of that name in PATH and the usual folders. */
export function findExecutable(name: string): string | null {
  for (const folder of searchPath().split(':')) {
    const file = path.join(folder, name);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      return file;
    } catch {}
  }
  return null;
}

/** Writes a file so that it is there, whole, after a power cut: content first, then its name, then the folder. */
export function writeDurably(file: string, bytes: Uint8Array): void {
  const temporary = `${file}.part`;
  const fd = fs.openSync(temporary, 'w', 0o600);
  try {
    fs.writeFileSync(fd, bytes);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(temporary, file);
  syncFolder(path.dirname(file));
}

export function syncFolder(folder: string): void {
  const fd = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Makes a folder and those above it. Node's own recursive mkdir never returns where the kernel answers ENOENT under a
 * folder that exists (/proc).
 */
export function makeFolder(folder: string): void {
  if (fs.existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  try {
    fs.mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
