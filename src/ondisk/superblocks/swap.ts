import type { BlockReader } from '../../model/block-reader.ts';
import type { Signature } from '../../model/survey.ts';
import { magicAt, readView, textAt, uuidAt } from '../fields.ts';
import { signature } from './signature.ts';

const PAGE_SIZES = [4096, 8192, 16384, 32768, 65536];
const MAGIC_BYTES = 10;
const TYPES: Readonly<Record<string, string>> = {
  SWAPSPACE2: 'swap',
  'SWAP-SPACE': 'swap',
  S1SUSPEND: 'swsuspend',
  S2SUSPEND: 'swsuspend',
  ULSUSPEND: 'swsuspend',
};

/**
 * Swap space, or swap that holds a hibernated system (`swsuspend`). The magic ends the first page, whose size is
 * the making machine's. Source: Linux include/linux/swap.h, kernel/power/swap.c.
 */
export function readSwap(reader: BlockReader): Signature | null {
  for (const pageBytes of PAGE_SIZES) {
    const offsetBytes = pageBytes - MAGIC_BYTES;
    const end = readView(reader, offsetBytes, MAGIC_BYTES);
    const magic = end && Object.keys(TYPES).find((candidate) => magicAt(end, 0, candidate));
    const type = magic && TYPES[magic];
    const header = type ? readView(reader, 1024, 44) : null;
    if (!type || !header) continue;
    const isVersion1 = magic !== 'SWAP-SPACE' && header.getUint32(0, true) === 1;
    if (!isVersion1) return signature({ type, offsetBytes });
    return signature({
      type,
      offsetBytes,
      uuid: uuidAt(header, 12),
      label: textAt(header, 28, 16),
      spanBytes: (header.getUint32(4, true) + 1) * pageBytes,
    });
  }
  return null;
}
