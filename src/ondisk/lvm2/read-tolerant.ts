import type { BlockReader } from '../../model/block-reader.ts';
import type { Decoded, Problem } from '../../model/problem.ts';

const CHUNK_BYTES = 4096;
/** After so many refusals the rest is given up: each can cost a dying disk seconds. */
const REFUSALS_ALLOWED = 16;

/**
 * Bytes of a region, cut at its end. Where a read is refused it is tried again in small pieces;
 * what stays unreadable is zeros in the value and a problem beside it.
 */
export function readTolerant(
  reader: BlockReader,
  offsetBytes: number,
  lengthBytes: number,
): Decoded<Uint8Array> {
  const length = Math.max(0, Math.min(lengthBytes, reader.sizeBytes - offsetBytes));
  if (length === 0) return { value: new Uint8Array(), problems: [] };
  const whole = reader.read(offsetBytes, length);
  if (whole.ok) return { value: whole.value, problems: [] };

  const value = new Uint8Array(length);
  const problems: Problem[] = [];
  for (let at = 0; at < length && problems.length < REFUSALS_ALLOWED; at += CHUNK_BYTES) {
    const piece = reader.read(offsetBytes + at, Math.min(CHUNK_BYTES, length - at));
    if (piece.ok) value.set(piece.value, at);
    else problems.push(unreadable(offsetBytes + at, piece.error.code));
  }
  return { value, problems };
}

const unreadable = (offsetBytes: number, code: string): Problem => ({
  code: 'read-error',
  message: 'The disk refused to give these bytes.',
  offsetBytes,
  found: code,
});

/** The same reader with some parts of it read already: what lies within one of them costs no further read. */
export function withWindows(
  reader: BlockReader,
  windows: readonly { readonly offsetBytes: number; readonly bytes: Uint8Array }[],
): BlockReader {
  return {
    sizeBytes: reader.sizeBytes,
    read(offsetBytes, lengthBytes) {
      const window = windows.find(
        (each) =>
          offsetBytes >= each.offsetBytes &&
          offsetBytes + lengthBytes <= each.offsetBytes + each.bytes.length,
      );
      if (!window) return reader.read(offsetBytes, lengthBytes);
      const start = offsetBytes - window.offsetBytes;
      return { ok: true, value: window.bytes.subarray(start, start + lengthBytes) };
    },
  };
}
