import type { Problem } from '../../model/problem.ts';
import type { RawLocation } from '../../model/survey.ts';
import { crcProblem, latin1, SECTOR_BYTES, u32, u64 } from './bytes.ts';
import { lvmCrc } from './crc.ts';

export const MDA_MAGIC = ' LVM2 x[5A%r0N*>';
/** The area's header; its ring begins behind it. */
export const MDA_HEADER_BYTES = 512;

const CRC_FROM = 4;
const SLOTS_AT = 40;
const SLOT_BYTES = 24;
const FLAG_IGNORED = 1;

/** A metadata area's header as its bytes say, whether right or not. */
export interface MdaHeader {
  /** CRC, magic and version right. */
  readonly good: boolean;
  readonly ignored: boolean;
  /** What the header says of its own place and size; `null` where it is beyond a number. */
  readonly startBytes: number | null;
  readonly sizeBytes: number | null;
  /** Slot 0 is the committed text. Empty slots at the end are left out. */
  readonly slots: readonly RawLocation[];
  readonly problems: readonly Problem[];
}

/**
 * Decodes a metadata area's 512-byte header (lvm2 `lib/format_text/layout.h`, `mda_header`).
 * `null` when `bytes` is shorter than that.
 * @param offsetBytes the area's place in the region, which problems and `startBytes` count from
 */
export function decodeMdaHeader(bytes: Uint8Array, offsetBytes: number): MdaHeader | null {
  if (bytes.length < MDA_HEADER_BYTES) return null;
  const problems: Problem[] = [];
  const expect = (code: string, message: string, at: number, found: string, expected: string) => {
    if (found !== expected) problems.push({ code, message, offsetBytes: offsetBytes + at, found, expected });
  };
  const crcStored = u32(bytes, 0);
  const crcComputed = lvmCrc(bytes.subarray(CRC_FROM, MDA_HEADER_BYTES));
  if (crcStored !== crcComputed) {
    problems.push(crcProblem('mda-crc', 'metadata area header', offsetBytes, crcStored, crcComputed));
  }
  expect(
    'mda-magic',
    'The metadata area does not begin with its identifier.',
    4,
    latin1(bytes, 4, 20),
    MDA_MAGIC,
  );
  expect('mda-version', 'The metadata area is of an unknown version.', 20, String(u32(bytes, 20)), '1');
  const good = problems.length === 0;
  const startBytes = u64(bytes, 24);
  expect(
    'mda-start',
    'The metadata area was written for another place.',
    24,
    String(startBytes),
    String(offsetBytes),
  );
  const slots = decodeSlots(bytes, offsetBytes, problems);
  const ignored = ((slots[0]?.flags ?? 0) & FLAG_IGNORED) !== 0;
  return { good, ignored, startBytes, sizeBytes: u64(bytes, 32), slots, problems };
}

function decodeSlots(bytes: Uint8Array, offsetBytes: number, problems: Problem[]): readonly RawLocation[] {
  const slots: RawLocation[] = [];
  for (let at = SLOTS_AT; at + SLOT_BYTES <= MDA_HEADER_BYTES; at += SLOT_BYTES) {
    if (bytes.subarray(at, at + SLOT_BYTES).every((byte) => byte === 0)) break;
    const offset = u64(bytes, at);
    const size = u64(bytes, at + 8);
    if (offset === null || size === null) {
      const message = 'The metadata area header points beyond any disk.';
      problems.push({ code: 'mda-slot', message, offsetBytes: offsetBytes + at });
      break;
    }
    slots.push({
      offsetBytes: offset,
      sizeBytes: size,
      crc: u32(bytes, at + 16),
      flags: u32(bytes, at + 20),
    });
  }
  return slots;
}

/** True when the bytes at `at` are a metadata area's identifier. */
export const standsMagic = (bytes: Uint8Array, at: number): boolean =>
  at + SECTOR_BYTES <= bytes.length && latin1(bytes, at + 4, at + 20) === MDA_MAGIC;
