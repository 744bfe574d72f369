import type { Result } from './result.ts';

/** A read that the device or the image refused. */
export interface ReadError {
  readonly code: string;
  readonly offsetBytes: number;
}

/** Read-only random access to the bytes of a disk, an image or a part of one. */
export interface BlockReader {
  readonly sizeBytes: number;
  /** Bytes from `offsetBytes` on; shorter than asked (even empty) only where the end is reached. */
  read(offsetBytes: number, lengthBytes: number): Result<Uint8Array, ReadError>;
}

/** The same reader seen from `startBytes` on, `sizeBytes` long: a partition, or an LV's linear run. */
export function slice(reader: BlockReader, startBytes: number, sizeBytes: number): BlockReader {
  const size = Math.max(0, Math.min(sizeBytes, reader.sizeBytes - startBytes));
  return {
    sizeBytes: size,
    read(offsetBytes, lengthBytes) {
      const length = Math.max(0, Math.min(lengthBytes, size - offsetBytes));
      return reader.read(startBytes + offsetBytes, length);
    },
  };
}

/** A reader over bytes in memory. */
export function bytesReader(bytes: Uint8Array): BlockReader {
  return {
    sizeBytes: bytes.length,
    read(offsetBytes, lengthBytes) {
      const start = Math.max(0, Math.min(offsetBytes, bytes.length));
      const end = Math.max(start, Math.min(start + lengthBytes, bytes.length));
      return { ok: true, value: bytes.subarray(start, end) };
    },
  };
}
