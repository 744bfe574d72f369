import type { BlockReader } from '../../model/block-reader.ts';
import type { Signature } from '../../model/survey.ts';
import { bytesAt, isPowerOfTwo, magicAt, readView, textAt, u64At } from '../fields.ts';
import { signature } from './signature.ts';

const LUKS1_SLOTS_AT = 208;
const LUKS1_SLOT_BYTES = 48;
const LUKS1_SLOT_STATES = [0x00ac71f3, 0x0000dead];
const LUKS2_JSON_AT = 4096;

/** LUKS1 or LUKS2, big-endian. Sources: LUKS On-Disk Format Specification 1.2.3; LUKS2 On-Disk Format 1.1. */
export function readLuks(reader: BlockReader): Signature | null {
  const header = readView(reader, 0, 592);
  if (!header || !magicAt(header, 0, 'LUKS\xba\xbe')) return null;
  const uuid = textAt(header, 168, 40);
  const known = { type: 'crypto_LUKS', offsetBytes: 0, uuid } as const;
  const version = header.getUint16(6);
  if (version === 1) return signature({ ...known, live: luks1Stands(header) });
  if (version === 2) return luks2(reader, header, known);
  const problem = { code: 'luks-version', message: 'This LUKS version is not known.', offsetBytes: 6 };
  return signature({ ...known, problems: [{ ...problem, found: String(version), expected: '1 or 2' }] });
}

function luks1Stands(header: DataView): boolean {
  const slots = Array.from({ length: 8 }, (_, slot) =>
    header.getUint32(LUKS1_SLOTS_AT + slot * LUKS1_SLOT_BYTES),
  );
  return slots.every((state) => LUKS1_SLOT_STATES.includes(state));
}

/** The second header follows the first; its magic is spelt backwards. Its SHA-256 is not verified. */
function luks2(
  reader: BlockReader,
  header: DataView,
  known: { type: string; offsetBytes: number; uuid: string | null },
) {
  const headerBytes = u64At(header, 8, 'be');
  const isSane = isPowerOfTwo(headerBytes, 16 * 1024, 4 * 1024 ** 2) && u64At(header, 256, 'be') === 0;
  const json = readView(reader, LUKS2_JSON_AT, 1);
  const secondStart = bytesAt(header, 0, 16).slice();
  secondStart.set(new TextEncoder().encode('SKUL'));
  return signature({
    ...known,
    label: textAt(header, 24, 48),
    live: isSane && json !== null && magicAt(json, 0, '{'),
    landmarks: isSane ? [{ offsetBytes: headerBytes, bytes: secondStart }] : [],
  });
}
