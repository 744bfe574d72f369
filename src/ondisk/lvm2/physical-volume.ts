import type { BlockReader } from '../../model/block-reader.ts';
import type { Problem } from '../../model/problem.ts';
import type { Area, Label, MetadataArea, PvHeader, PvOnDisk } from '../../model/survey.ts';
import { isBlank, SECTOR_BYTES } from './bytes.ts';
import { decodeLabels } from './label.ts';
import { decodeMdaHeader, standsMagic } from './mda.ts';
import { type Place, type Reading, readMetadataArea, textsOf } from './metadata-area.ts';
import { decodePvHeader } from './pv-header.ts';
import { readTolerant, withWindows } from './read-tolerant.ts';
import { carveTexts, type Window } from './ring.ts';
import type { TextCache } from './text/text-cache.ts';

const MIB = 1024 * 1024;
const HEAD_BYTES = MIB;
const TAIL_BYTES = 2 * MIB;
/** Where lvm puts the first area, whatever the sizes. */
const FIRST_AREA_AT = 4096;
/** lvm makes two at most; a bound on the work that a senseless header can ask for. */
const MAX_AREAS = 8;

/**
 * Everything of a physical volume that can be read in a region, damaged or not; empty where there is none.
 * Costs two reads there: the first MiB and the last two.
 */
export function readPhysicalVolume(
  reader: BlockReader,
  place: Place,
  cache: TextCache,
): { readonly pv: PvOnDisk; readonly headBlank: boolean; readonly problems: readonly Problem[] } {
  const head = readTolerant(reader, 0, HEAD_BYTES);
  const tailAt = tailStart(reader.sizeBytes);
  const tail = readTolerant(reader, tailAt, reader.sizeBytes - tailAt);
  const windows: readonly Window[] = [
    { offsetBytes: 0, bytes: head.value },
    { offsetBytes: tailAt, bytes: tail.value },
  ];
  const labels = decodeLabels(head.value);
  const header = headerOf(labels, head.value);
  const reading: Reading = { reader: withWindows(reader, windows), place, cache };
  const metadataAreas = readAreas(reading, labels, header, windows);
  const stray = windows
    .flatMap((window) => carveTexts(window, null, cache))
    .filter(({ offsetBytes }) => !metadataAreas.some((area) => contains(area, offsetBytes)));
  return {
    pv: { labels, header, metadataAreas, strayTexts: textsOf(stray, place) },
    headBlank: head.problems.length === 0 && isBlank(head.value),
    problems: [...head.problems, ...tail.problems],
  };
}

/** At a sector, as all that is looked for there; behind the head where the two would overlap. */
function tailStart(regionBytes: number): number {
  const at = Math.floor((regionBytes - TAIL_BYTES) / SECTOR_BYTES) * SECTOR_BYTES;
  return Math.max(at, Math.min(HEAD_BYTES, regionBytes));
}

function headerOf(labels: readonly Label[], head: Uint8Array): PvHeader | null {
  const label = labels.find((each) => each.good) ?? labels[0];
  if (!label) return null;
  const at = label.sector * SECTOR_BYTES;
  return decodePvHeader(head.subarray(at, at + SECTOR_BYTES), at);
}

/**
 * The areas that the PV header names. Without a good label its word is not enough: areas found by their magic
 * come in, and a named area whose header is bad stays only where none was found.
 */
function readAreas(
  reading: Reading,
  labels: readonly Label[],
  header: PvHeader | null,
  windows: readonly Window[],
): readonly MetadataArea[] {
  const named = (header?.metadataAreas ?? [])
    .slice(0, MAX_AREAS)
    .map((area) => readMetadataArea(reading, area, 'header'));
  if (labels.some((label) => label.good)) return named;

  const trusted = named.filter((area) => area.headerGood);
  const found = areasByMagic(windows, reading.reader.sizeBytes)
    .filter((area) => !trusted.some((other) => overlap(area, other)))
    .map((area) => readMetadataArea(reading, area, 'magic'));
  const doubtful = named.filter((area) => !area.headerGood && !found.some((other) => overlap(area, other)));
  return [...trusted, ...doubtful, ...found].slice(0, MAX_AREAS);
}

/** Areas whose identifier stands at a sector of the windows and which say themselves that they belong there. */
function areasByMagic(windows: readonly Window[], regionBytes: number): readonly Area[] {
  const areas: Area[] = [];
  for (const { offsetBytes: windowAt, bytes } of windows) {
    for (let at = 0; at < bytes.length && areas.length < MAX_AREAS; at += SECTOR_BYTES) {
      const offsetBytes = windowAt + at;
      if (!standsMagic(bytes, at) || areas.some((area) => contains(area, offsetBytes))) continue;
      const header = decodeMdaHeader(bytes.subarray(at), offsetBytes);
      // Elsewhere it is the area of a partition further on, or of a guest's disk inside an LV.
      if (!header || (header.startBytes !== offsetBytes && offsetBytes !== FIRST_AREA_AT)) continue;
      const stored = header.sizeBytes ?? 0;
      const fits = stored > SECTOR_BYTES && (header.good || offsetBytes + stored <= regionBytes);
      areas.push({ offsetBytes, sizeBytes: fits ? stored : bytes.length - at });
    }
  }
  return areas;
}

const contains = (area: Area, offsetBytes: number): boolean =>
  offsetBytes >= area.offsetBytes && offsetBytes < area.offsetBytes + area.sizeBytes;

const overlap = (a: Area, b: Area): boolean => contains(a, b.offsetBytes) || contains(b, a.offsetBytes);
