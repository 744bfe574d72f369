import { lvmCrc } from './crc.ts';
import type { ReadText, TextCache } from './text/text-cache.ts';

/** The chance that other damage looks like one wrong byte grows with the size: 1 in 160 here before the text must parse. */
const MAX_BYTES = 256 * 1024;

/** The register after one byte, for each byte: the ordinary CRC-32 table. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let register = byte;
  for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? 0xedb88320 : 0);
  return register;
});
/** Which byte's entry has this highest byte: all 256 differ. */
const BY_HIGHEST_BYTE = new Uint8Array(256);
TABLE.forEach((entry, byte) => {
  BY_HIGHEST_BYTE[entry >>> 24] = byte;
});

/**
 * A text whose CRC fails, with the one byte changed that makes the CRC hold and the text whole.
 * `null` when there is no such byte, or more than one.
 *
 * A CRC is linear: a wrong byte adds `TABLE[right ^ wrong]` to the register, which each later byte shifts on.
 * Shifting the difference of the two CRCs back, byte by byte, shows at each place whether one byte explains it.
 */
export function correctSingleByte(
  bytes: Uint8Array,
  crcStored: number,
  cache: TextCache,
): { readonly index: number; readonly text: ReadText } | null {
  if (bytes.length > MAX_BYTES) return null;
  const found: { index: number; text: ReadText }[] = [];
  let difference = (lvmCrc(bytes) ^ crcStored) >>> 0;
  for (let index = bytes.length - 1; index >= 0 && found.length < 2; index--) {
    const error = BY_HIGHEST_BYTE[difference >>> 24] ?? 0;
    const entry = TABLE[error] ?? 0;
    if (entry === difference && error !== 0) {
      const text = readCorrected(bytes, index, error, cache);
      if (text) found.push({ index, text });
    }
    difference = (((difference ^ entry) << 8) | error) >>> 0;
  }
  const [only, another] = found;
  return only && !another ? only : null;
}

function readCorrected(bytes: Uint8Array, index: number, error: number, cache: TextCache): ReadText | null {
  const corrected = Uint8Array.from(bytes);
  corrected[index] = (bytes[index] ?? 0) ^ error;
  if (!isText(corrected)) return null;
  const text = cache.read(corrected);
  return text.metadata ? text : null;
}

/** Only what lvm writes: no control characters but newline and tab, and one NUL, at the end. */
function isText(bytes: Uint8Array): boolean {
  const end = bytes.length - 1;
  return bytes.every((byte, at) =>
    at === end ? byte === 0 : byte >= 0x20 || byte === 0x0a || byte === 0x09,
  );
}
