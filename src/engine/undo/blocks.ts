import { crc32 } from 'node:zlib';
import type { BlockReader } from '../../model/block-reader.ts';
import type { Span } from '../ports.ts';

/** The unit that undo records compare and restore. */
export const BLOCK_BYTES = 4096;
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
  for (let at = span.offsetBytes; at < end; at += BLOCK_BYTES) {
    const lengthBytes = Math.min(BLOCK_BYTES, end - at);
    const read = reader.read(at, lengthBytes);
    if (!read.ok) throw new UnreadableBlock(`read error ${read.error.code} at byte ${at}`);
    if (read.value.length !== lengthBytes)
      throw new UnreadableBlock(`the disk ends before byte ${at + lengthBytes}`);
    yield { offsetBytes: at, bytes: read.value };
  }
}

export class UnreadableBlock extends Error {}

/** CRC-32 of a block, or `ZEROS`. */
export function checksum(bytes: Uint8Array): number {
  return bytes.every((byte) => byte === 0) ? ZEROS : crc32(bytes);
}
