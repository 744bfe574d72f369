import { crc32 } from 'node:zlib';

const LVM_SEED = 0xf597a6cf;

/** LVM's CRC-32: the ordinary polynomial with a seed of its own and no final inversion (lvm2 `lib/misc/crc.c`). */
export function lvmCrc(bytes: Uint8Array): number {
  // zlib inverts its register before and after; both inversions are undone here.
  return ~crc32(bytes, ~LVM_SEED >>> 0) >>> 0;
}
