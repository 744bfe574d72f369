import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { BlockReader } from '../../src/model/block-reader.ts';

export const KIB = 1024;
export const MIB = 1024 ** 2;

const env = {
  ...process.env,
  PATH: [process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter),
  LC_ALL: 'C',
};

/** True when every one of the tools can be started here; tests that need them are skipped otherwise. */
export const haveTools = (...tools: string[]): boolean =>
  tools.every((tool) => !spawnSync(tool, ['--version'], { env }).error);

/** Runs a tool on an image; its output, or an exception with what it said. */
export const run = (tool: string, args: readonly string[], input = ''): string =>
  execFileSync(tool, args, { env, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });

/** A sparse image file that goes away with the test. */
export function emptyImage(sizeBytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'lvmedic-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'image');
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  return path;
}

/** A reader over an image as it is now. */
export function imageReader(path: string): BlockReader {
  const file = openSync(path, 'r');
  onTestFinished(() => closeSync(file));
  return {
    sizeBytes: fstatSync(file).size,
    read(offsetBytes, lengthBytes) {
      const bytes = new Uint8Array(lengthBytes);
      const count = readSync(file, bytes, 0, lengthBytes, offsetBytes);
      return { ok: true, value: bytes.subarray(0, count) };
    },
  };
}

/** Pieces of bytes at their offsets, zeros between them: a large disk in little memory. */
export function sparseReader(
  sizeBytes: number,
  pieces: readonly { at: number; bytes: Uint8Array }[],
): BlockReader {
  return {
    sizeBytes,
    read(offsetBytes, lengthBytes) {
      const value = new Uint8Array(Math.max(0, Math.min(lengthBytes, sizeBytes - offsetBytes)));
      for (const { at, bytes } of pieces) {
        const from = Math.max(at, offsetBytes);
        const to = Math.min(at + bytes.length, offsetBytes + value.length);
        if (from < to) value.set(bytes.subarray(from - at, to - at), from - offsetBytes);
      }
      return { ok: true, value };
    },
  };
}

/** The same bytes, but every read must lie inside, and what was read is counted. */
export function guarded(reader: BlockReader) {
  const counted = { bytesRead: 0, reads: 0 };
  const guard: BlockReader = {
    sizeBytes: reader.sizeBytes,
    read(offsetBytes, lengthBytes) {
      const inside = offsetBytes >= 0 && lengthBytes >= 0 && offsetBytes + lengthBytes <= reader.sizeBytes;
      if (!inside)
        throw new RangeError(`read of ${lengthBytes} bytes at ${offsetBytes} of ${reader.sizeBytes}`);
      counted.bytesRead += lengthBytes;
      counted.reads += 1;
      return reader.read(offsetBytes, lengthBytes);
    },
  };
  return { reader: guard, counted };
}

/** All of an image in memory. */
export function bytesOf(path: string): Uint8Array {
  const reader = imageReader(path);
  const read = reader.read(0, reader.sizeBytes);
  if (!read.ok) throw new Error(read.error.code);
  return read.value;
}
