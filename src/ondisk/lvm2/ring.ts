import type { BlockReader } from '../../model/block-reader.ts';
import type { Decoded, Problem } from '../../model/problem.ts';
import type { Area, RawLocation } from '../../model/survey.ts';
import { latin1, SECTOR_BYTES } from './bytes.ts';
import { MDA_HEADER_BYTES } from './mda.ts';
import { readTolerant } from './read-tolerant.ts';
import { MAX_TEXT_BYTES } from './text/parser.ts';
import type { ReadText, TextCache } from './text/text-cache.ts';

const MIB = 1024 * 1024;
/** Older texts are looked for in this much of an area from its start… */
const CARVE_FROM_START = 16 * MIB;
/** …and this far to both sides of the committed text. */
const CARVE_AROUND = 8 * MIB;

/** Bytes of a region and where they stand in it. */
export interface Window {
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
}

/** A whole text that was found, not pointed at. `offsetBytes` counts from the start of the region. */
export interface CarvedText {
  readonly offsetBytes: number;
  readonly text: ReadText;
}

/**
 * The bytes a slot points at. Past the area's end the text goes on behind the area's header.
 * `null` when the slot points outside of the ring or at more than any text.
 */
export function readSlot(reader: BlockReader, area: Area, slot: RawLocation): Decoded<Uint8Array | null> {
  const ringBytes = area.sizeBytes - MDA_HEADER_BYTES;
  const inRing = slot.offsetBytes >= MDA_HEADER_BYTES && slot.offsetBytes < area.sizeBytes;
  if (!inRing || slot.sizeBytes > Math.min(ringBytes, MAX_TEXT_BYTES)) {
    const message = 'The metadata area points at a text that cannot be in it.';
    return { value: null, problems: [{ code: 'text-place', message, offsetBytes: area.offsetBytes }] };
  }
  const first = Math.min(slot.sizeBytes, area.sizeBytes - slot.offsetBytes);
  const head = readTolerant(reader, area.offsetBytes + slot.offsetBytes, first);
  if (first === slot.sizeBytes) return head;
  const tail = readTolerant(reader, area.offsetBytes + MDA_HEADER_BYTES, slot.sizeBytes - first);
  return { value: Buffer.concat([head.value, tail.value]), problems: [...head.problems, ...tail.problems] };
}

/** Where byte `index` of a slot's text stands in the region. */
export function slotByteOffset(area: Area, slot: RawLocation, index: number): number {
  const inArea = slot.offsetBytes + index;
  const wrapped = inArea < area.sizeBytes ? inArea : inArea - area.sizeBytes + MDA_HEADER_BYTES;
  return area.offsetBytes + wrapped;
}

/**
 * Every whole text in an area's ring, the committed one among them, in order of place.
 * Of a very large area only the parts that lvm is likely to have used are read.
 */
export function carveRing(
  reader: BlockReader,
  area: Area,
  committedAt: number | null,
  cache: TextCache,
): Decoded<readonly CarvedText[]> {
  const start = area.offsetBytes + MDA_HEADER_BYTES;
  const end = Math.min(area.offsetBytes + area.sizeBytes, reader.sizeBytes);
  const problems: Problem[] = [];
  const windows = windowsOf(start, end, committedAt).map((span): Window => {
    const { value, problems: unread } = readTolerant(reader, span.start, span.end - span.start);
    problems.push(...unread);
    return { offsetBytes: span.start, bytes: value };
  });
  const texts = windows.flatMap((window) => {
    const reachesEnd = window.offsetBytes + window.bytes.length === area.offsetBytes + area.sizeBytes;
    return carveTexts(window, reachesEnd ? (windows[0] ?? null) : null, cache);
  });
  return { value: texts, problems };
}

function windowsOf(start: number, end: number, committedAt: number | null): { start: number; end: number }[] {
  const firstEnd = Math.min(end, start + CARVE_FROM_START);
  const first = { start, end: Math.max(start, firstEnd) };
  if (committedAt === null) return [first];
  const second = {
    start: Math.max(firstEnd, committedAt - CARVE_AROUND),
    end: Math.min(end, committedAt + CARVE_AROUND),
  };
  if (second.end <= second.start) return [first];
  // Touching windows are one, so that no text is cut between them.
  return second.start === firstEnd ? [{ start, end: second.end }] : [first, second];
}

/**
 * Every whole text that begins in `window`. A text that does not end in it goes on in `continuation`.
 *
 * Texts end with a NUL. What stands between two NULs is one text, perhaps behind the remains of an older one
 * whose end it overwrote: so only the last beginning before a NUL can be whole, and each byte is parsed once.
 */
export function carveTexts(
  window: Window,
  continuation: Window | null,
  cache: TextCache,
): readonly CarvedText[] {
  const bytes = joined(window.bytes, continuation?.bytes);
  const found: CarvedText[] = [];
  let pending: number | null = null;
  for (const start of textStarts(bytes)) {
    if (pending !== null) take(pending, start);
    pending = start;
  }
  if (pending !== null) take(pending, bytes.length);
  return found;

  function take(start: number, before: number): void {
    const nul = bytes.subarray(start, before).indexOf(0);
    if (nul < 0 || start >= window.bytes.length) return;
    const text = cache.carve(bytes.subarray(start, start + nul + 1));
    if (text.metadata) found.push({ offsetBytes: window.offsetBytes + start, text });
  }
}

/** `bytes`, and what follows in `more` up to its first NUL where `bytes` does not end with one. */
function joined(bytes: Uint8Array, more: Uint8Array | undefined): Uint8Array {
  if (!more || bytes.at(-1) === 0) return bytes;
  return Buffer.concat([bytes, more.subarray(0, more.indexOf(0) + 1)]);
}

const SEQNO = Buffer.from('seqno = ');
/** A text begins with its VG's name, id and seqno; LVs and PVs have an id but no seqno. */
const BEFORE_SEQNO = /^\{\s*id = "[^"]{38}"\s*$/;
const NAME_CHARACTER = /[A-Za-z0-9+_.-]/;
const LONGEST_BEGINNING = 200;

function* textStarts(bytes: Uint8Array): Generator<number> {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = haystack.indexOf(SEQNO); at >= 0; at = haystack.indexOf(SEQNO, at + SEQNO.length)) {
    const from = Math.max(0, at - LONGEST_BEGINNING);
    const before = latin1(bytes, from, at);
    const brace = before.lastIndexOf('{');
    if (brace < 0 || !BEFORE_SEQNO.test(before.slice(brace))) continue;
    const nameEnd = before[brace - 1] === ' ' ? brace - 1 : brace;
    let start = nameEnd;
    while (start > 0 && NAME_CHARACTER.test(before.charAt(start - 1))) start--;
    if (start < nameEnd) yield nameStart(bytes, from + start, nameEnd - start);
  }
}

/** Remains of an overwritten text can run into the name; lvm begins a new text at a sector, so the name begins there. */
function nameStart(bytes: Uint8Array, start: number, nameLength: number): number {
  if (start === 0 || bytes[start - 1] === 0) return start;
  const sector = Math.floor((start + nameLength - 1) / SECTOR_BYTES) * SECTOR_BYTES;
  return Math.max(start, sector);
}
