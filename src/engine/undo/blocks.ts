import { crc32 } from 'node:zlib';
import type { BlockReader } from '../../model/block-reader.ts';
import { isBlank } from '../../ondisk/lvm2/bytes.ts';
import type { Span } from '../ports.ts';
import { UnreadableBlock } from './io-error.ts';

/** The unit that undo records compare and restore. */
export const BLOCK_BYTES = 4096;
const CHUNK_BYTES = 256 * 1024;
/** Stands for a block of zeros, which is not stored. */
export const ZEROS = -1;

export interface Block {
  /** From the start of the region. */
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
}

/** The blocks of a span, in order. Throws on a read error: a record without all its bytes is none. */
export function* blocksOf(reader: BlockReader, span: Span): Generator<Block> {
  const end = span.offsetBytes + span.lengthBytes;
  for (let from = span.offsetBytes; from < end; from += CHUNK_BYTES) {
    const lengthBytes = Math.min(CHUNK_BYTES, end - from);
    const read = reader.read(from, lengthBytes);
    if (!read.ok) throw new UnreadableBlock(`read error ${read.error.code} at byte ${from}`);
    if (read.value.length !== lengthBytes)
      throw new UnreadableBlock(`the disk ends before byte ${from + lengthBytes}`);
    for (let at = 0; at < lengthBytes; at += BLOCK_BYTES)
      yield { offsetBytes: from + at, bytes: read.value.subarray(at, at + BLOCK_BYTES) };
  }
}

/** CRC-32 of a block, or `ZEROS`. */
export function checksum(bytes: Uint8Array): number {
  return isBlank(bytes) ? ZEROS : crc32(bytes);
}
