import type { Problem } from '../../model/problem.ts';
import { hex32 } from '../../model/units.ts';

/** LVM's unit on disk, whatever the device's own sectors are. */
export const SECTOR_BYTES = 512;

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Little-endian u32. The caller has checked the bounds. */
export const u32 = (bytes: Uint8Array, at: number): number => view(bytes).getUint32(at, true);

/** Little-endian u64 as a number; `null` when it is beyond what a number holds exactly. */
export function u64(bytes: Uint8Array, at: number): number | null {
  const value = view(bytes).getBigUint64(at, true);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
}

/** One character per byte, so nothing is lost whatever the bytes are. */
export function latin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end);
}

/** True when all are zero: the first is, and each equals the next. Far quicker than a look at each. */
export function isBlank(bytes: Uint8Array): boolean {
  return (bytes[0] ?? 0) === 0 && Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0;
}

export function crcProblem(
  code: string,
  what: string,
  offsetBytes: number,
  stored: number,
  computed: number,
): Problem {
  return {
    code,
    message: `The checksum of the ${what} does not match its bytes.`,
    offsetBytes,
    found: hex32(computed),
    expected: hex32(stored),
  };
}
