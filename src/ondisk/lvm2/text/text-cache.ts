import { createHash } from 'node:crypto';
import type { VgMetadata } from '../../../model/metadata.ts';
import type { Decoded, Problem } from '../../../model/problem.ts';
import type { MetadataText, TextSource } from '../../../model/survey.ts';
import { lvmCrc } from '../crc.ts';
import { decodeMetadata } from './metadata.ts';
import { parseConfig, type ValueBudget } from './parser.ts';

/** What the bytes of one text say, wherever they stand. */
export interface ReadText {
  readonly sizeBytes: number;
  readonly crc: number;
  readonly digest: string;
  /** Null when the text is not whole; `problems` then say why. */
  readonly metadata: VgMetadata | null;
  readonly problems: readonly Problem[];
}

/** Values that all carved texts of a survey may hold together, some 64 MiB of usual text. */
const CARVED_VALUES = 4_000_000;

/** Reads each distinct text once, however many disks and rings hold it. */
export class TextCache {
  readonly #whole = new Map<string, ReadText>();
  readonly #carveBudget: ValueBudget;

  constructor(carvedValues = CARVED_VALUES) {
    this.#carveBudget = { left: carvedValues };
  }

  /** @param bytes the text with its closing NUL, which is part of what lvm's CRC covers */
  read(bytes: Uint8Array, budget?: ValueBudget): ReadText {
    const digest = createHash('sha256').update(bytes).digest('hex');
    const known = this.#whole.get(digest);
    if (known) return known;
    const tree = parseConfig(bytes, budget);
    const decoded =
      tree.problems.length > 0 ? { value: null, problems: tree.problems } : decodeMetadata(tree.value);
    const { value: metadata, problems } = decoded;
    const text = { sizeBytes: bytes.length, crc: lvmCrc(bytes), digest, metadata, problems };
    if (metadata) this.#whole.set(digest, text);
    return text;
  }

  /** As `read`, for a text that nothing points at: these share one bound on memory, for a disk may be full of them. */
  carve(bytes: Uint8Array): ReadText {
    const { left } = this.#carveBudget;
    const text = this.read(bytes, this.#carveBudget);
    if (!text.metadata) this.#carveBudget.left = left;
    return text;
  }
}

export function metadataText(read: ReadText, source: TextSource): MetadataText | null {
  const { sizeBytes, crc, digest, metadata } = read;
  return metadata && { source, sizeBytes, crc, digest, metadata };
}

/** A backup or archive file of lvm's. */
export function readMetadataFile(
  bytes: Uint8Array,
  path: string,
  cache: TextCache,
): Decoded<MetadataText | null> {
  const read = cache.read(bytes);
  return { value: metadataText(read, { kind: 'file', path }), problems: read.problems };
}
