import type { BlockReader } from '../../model/block-reader.ts';
import type { Problem } from '../../model/problem.ts';
import type {
  Area,
  CommittedText,
  MetadataArea,
  MetadataText,
  RawLocation,
  TextSource,
} from '../../model/survey.ts';
import { crcProblem } from './bytes.ts';
import { lvmCrc } from './crc.ts';
import { decodeMdaHeader, MDA_HEADER_BYTES } from './mda.ts';
import { readTolerant } from './read-tolerant.ts';
import { type CarvedText, carveRing, readSlot, slotByteOffset } from './ring.ts';
import { correctSingleByte } from './single-byte-correction.ts';
import { metadataText, type TextCache } from './text/text-cache.ts';

/** Where a region lies in its TARGET: what a text's source is told from. */
export interface Place {
  readonly device: string;
  readonly partition: number | null;
  readonly startBytes: number;
}

/** What all reading in one region shares. */
export interface Reading {
  readonly reader: BlockReader;
  readonly place: Place;
  readonly cache: TextCache;
}

/** A metadata area with every text in it. Where its header is bad, the texts alone are read. */
export function readMetadataArea(reading: Reading, area: Area, from: MetadataArea['from']): MetadataArea {
  const { value: bytes, problems: unread } = readTolerant(reading.reader, area.offsetBytes, MDA_HEADER_BYTES);
  const header = decodeMdaHeader(bytes, area.offsetBytes);
  const problems: Problem[] = [...unread, ...(header?.problems ?? [outside(area)])];
  // lvm refuses an area whose header names another place, however right its CRC.
  const good = (header?.good ?? false) && !problems.some((problem) => problem.code === 'mda-start');
  if (good && header?.sizeBytes !== area.sizeBytes) problems.push(otherSize(area, header?.sizeBytes ?? null));

  // lvm goes by the size in the area's own header.
  const ring = { ...area, sizeBytes: (good && header?.sizeBytes) || area.sizeBytes };
  const slot = good ? header?.slots[0] : undefined;
  const isEmpty = !slot || slot.sizeBytes === 0;
  const committed = isEmpty ? null : readCommitted(reading, ring, slot);
  const committedAt = isEmpty ? null : slotByteOffset(ring, slot, 0);
  const carved = carveRing(reading.reader, ring, committedAt, reading.cache);
  return {
    ...area,
    from,
    headerGood: good,
    ignored: header?.ignored ?? false,
    slots: header?.slots ?? [],
    committed,
    olderTexts: textsOf(
      carved.value.filter(
        ({ offsetBytes, text }) =>
          text.digest !== committed?.text?.digest &&
          (offsetBytes !== committedAt || isAnothers(text, committed, slot)),
      ),
      reading.place,
    ),
    problems: [...problems, ...carved.problems],
  };
}

/**
 * A whole text where a slot points whose size and CRC are those of another one: a second host wrote at the same place, and
 * the first one's header came last. Damage does not change where a text ends.
 */
const isAnothers = (
  text: CarvedText['text'],
  committed: CommittedText | null,
  slot: RawLocation | undefined,
): boolean => committed !== null && !committed.good && text.sizeBytes !== slot?.sizeBytes;

/** Carved texts, each distinct one once, newest seqno first. */
export function textsOf(carved: readonly CarvedText[], place: Place): readonly MetadataText[] {
  const distinct = new Map(carved.map((each) => [each.text.digest, each]));
  return [...distinct.values()]
    .flatMap(({ text, offsetBytes }) => metadataText(text, sourceAt(place, offsetBytes)) ?? [])
    .sort((a, b) => b.metadata.seqno - a.metadata.seqno);
}

function readCommitted({ reader, place, cache }: Reading, ring: Area, slot: RawLocation): CommittedText {
  const { value: bytes, problems: unread } = readSlot(reader, ring, slot);
  const crcStored = slot.crc;
  const crcComputed = lvmCrc(bytes ?? new Uint8Array());
  if (!bytes) return { good: false, crcStored, crcComputed, text: null, corrected: null, problems: unread };

  const at = slotByteOffset(ring, slot, 0);
  const read = cache.read(bytes);
  const problems = [...unread, ...read.problems.map((problem) => placed(problem, ring, slot))];
  const text = metadataText(read, sourceAt(place, at));
  if (crcComputed === crcStored && bytes.length === slot.sizeBytes) {
    return { good: text !== null, crcStored, crcComputed, text, corrected: null, problems };
  }
  problems.unshift(crcProblem('text-crc', 'metadata text', at, crcStored, crcComputed));
  const correction = correctSingleByte(bytes, crcStored, cache);
  const correctedText = correction && metadataText(correction.text, sourceAt(place, at));
  const corrected = correctedText && {
    text: correctedText,
    offsetBytes: slotByteOffset(ring, slot, correction.index),
  };
  return { good: false, crcStored, crcComputed, text, corrected, problems };
}

/** The parser counts from the text's start, a region's reader from the region's. */
function placed(problem: Problem, ring: Area, slot: RawLocation): Problem {
  if (problem.offsetBytes === undefined) return problem;
  return { ...problem, offsetBytes: slotByteOffset(ring, slot, problem.offsetBytes) };
}

const sourceAt = (place: Place, offsetBytes: number): TextSource => ({
  kind: 'disk',
  device: place.device,
  partition: place.partition,
  offsetBytes: place.startBytes + offsetBytes,
});

const outside = ({ offsetBytes }: Area): Problem => ({
  code: 'mda-outside',
  message: 'The metadata area lies beyond the end of the device.',
  offsetBytes,
});

const otherSize = ({ offsetBytes, sizeBytes }: Area, found: number | null): Problem => ({
  code: 'mda-size',
  message: 'The metadata area gives itself another size than the PV header gives it.',
  offsetBytes,
  found: String(found),
  expected: String(sizeBytes),
});
