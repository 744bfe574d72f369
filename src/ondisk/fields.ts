import type { BlockReader } from '../model/block-reader.ts';
import type { Problem } from '../model/problem.ts';

/** Exactly `lengthBytes` from `offsetBytes`; null where the reader refuses or ends before that. */
export function readView(reader: BlockReader, offsetBytes: number, lengthBytes: number): DataView | null {
  if (!(offsetBytes >= 0 && lengthBytes >= 0 && offsetBytes + lengthBytes <= reader.sizeBytes)) return null;
  const read = reader.read(offsetBytes, lengthBytes);
  if (!read.ok || read.value.length !== lengthBytes) return null;
  return new DataView(read.value.buffer, read.value.byteOffset, lengthBytes);
}

/** The same reader; every place that it refuses to read becomes one problem, `read-failed`. */
export function noteFailures(reader: BlockReader, problems: Problem[]): BlockReader {
  const seen = new Set<number>();
  return {
    sizeBytes: reader.sizeBytes,
    read(offsetBytes, lengthBytes) {
      const read = reader.read(offsetBytes, lengthBytes);
      if (!read.ok && !seen.has(read.error.offsetBytes)) {
        seen.add(read.error.offsetBytes);
        problems.push({
          code: 'read-failed',
          message: 'This place could not be read.',
          offsetBytes,
          found: read.error.code,
        });
      }
      return read;
    },
  };
}

export function bytesAt(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}

/** The view's bytes with some set to zero, as checksums want their own field; a copy. */
export function withZeros(view: DataView, offset: number, length: number): Uint8Array {
  return bytesAt(view, 0, view.byteLength)
    .slice()
    .fill(0, offset, offset + length);
}

/** A u64; Infinity when it is past the safe integers, so that every upper bound refuses it. */
export function u64At(view: DataView, offset: number, order: 'le' | 'be' = 'le'): number {
  const value = Number(view.getBigUint64(offset, order === 'le'));
  return Number.isSafeInteger(value) ? value : Number.POSITIVE_INFINITY;
}

export function isPowerOfTwo(value: number, from: number, to: number): boolean {
  return value >= from && value <= to && Number.isInteger(Math.log2(value));
}

/** ASCII magic, byte for byte; `\xNN` escapes stand for themselves. */
export function magicAt(view: DataView, offset: number, magic: string): boolean {
  return bytesAt(view, offset, magic.length).every((byte, index) => byte === magic.charCodeAt(index));
}

/** UTF-8 up to the first NUL; null when there is none. */
export function textAt(view: DataView, offset: number, length: number): string | null {
  const bytes = bytesAt(view, offset, length);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)) || null;
}

export function hexAt(view: DataView, offset: number, length: number): string {
  return Array.from(bytesAt(view, offset, length), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** 32 hex digits in the form 8-4-4-4-12; null when all are zero. */
export function dashed(hex: string): string | null {
  return /^0*$/.test(hex) ? null : hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** 16 bytes as a UUID in lower case; null when they are all zero. */
export const uuidAt = (view: DataView, offset: number): string | null => dashed(hexAt(view, offset, 16));
