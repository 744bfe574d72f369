import type { Problem } from '../../model/problem.ts';
import type { Area, PvHeader } from '../../model/survey.ts';
import { latin1, SECTOR_BYTES, u32, u64 } from './bytes.ts';

const USUAL_OFFSET = 32;
const UUID_BYTES = 32;
const UUID_BARE = /^[0-9A-Za-z!#]{32}$/;
/** Offset and size, u64 each. */
const LOCATION_BYTES = 16;

/** 32 characters as lvm prints them: in groups of 6-4-4-4-4-4-6. */
export function formatUuid(bare: string): string {
  return bare.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/s, '$1-$2-$3-$4-$5-$6-$7');
}

/**
 * The PV header in a label's sector (lvm2 `lib/format_text/layout.h`, `pv_header` and `pv_header_extension`).
 * Gives what the bytes say, also when the label is damaged; `null` only when `sector` is not 512 bytes.
 * @param sectorOffsetBytes the sector's place in the region, which all offsets given back count from
 */
export function decodePvHeader(sector: Uint8Array, sectorOffsetBytes: number): PvHeader | null {
  if (sector.length !== SECTOR_BYTES) return null;
  const problems: Problem[] = [];
  const problem = (code: string, message: string, at: number, found?: string) =>
    problems.push({
      code,
      message,
      offsetBytes: sectorOffsetBytes + at,
      ...(found !== undefined && { found }),
    });

  const start = headerOffset(sector);
  const bare = latin1(sector, start, start + UUID_BYTES);
  if (!UUID_BARE.test(bare)) problem('pv-uuid', 'The PV header holds no valid UUID.', start, bare);

  let at = start + UUID_BYTES;
  const number = (code: string, what: string): number => {
    const value = u64(sector, at);
    if (value === null) problem(code, `The PV header gives an impossible ${what}.`, at);
    at += 8;
    return value ?? 0;
  };
  const areaList = (): readonly Area[] => {
    const areas: Area[] = [];
    while (at + LOCATION_BYTES <= SECTOR_BYTES) {
      // An offset of zero ends a list; what follows it in the entry is not looked at.
      const isEnd = u64(sector, at) === 0;
      const area = { offsetBytes: number('pv-area', 'offset'), sizeBytes: number('pv-area', 'size') };
      if (isEnd) return areas;
      if (area.offsetBytes > 0) areas.push(area);
    }
    problem('pv-areas-unterminated', 'A list of areas in the PV header has no end.', at);
    return areas;
  };

  const deviceSizeBytes = number('pv-device-size', 'device size');
  const dataAreas = areaList();
  const metadataAreas = areaList();
  const hasExtension = at + 8 <= SECTOR_BYTES;
  const extensionVersion = hasExtension ? u32(sector, at) : 0;
  const extensionFlags = extensionVersion > 0 ? u32(sector, at + 4) : 0;
  at += 8;
  const bootloaderAreas = extensionVersion > 0 ? areaList() : [];
  return {
    offsetBytes: sectorOffsetBytes + start,
    uuid: formatUuid(bare),
    deviceSizeBytes,
    dataAreas,
    metadataAreas,
    extensionVersion,
    extensionFlags,
    bootloaderAreas,
    problems,
  };
}

/** Where the label says, unless only the usual place holds a UUID: the label may be damaged. */
function headerOffset(sector: Uint8Array): number {
  const stored = u32(sector, 20);
  const possible = stored >= USUAL_OFFSET && stored <= SECTOR_BYTES - UUID_BYTES - 8;
  const holdsUuid = possible && UUID_BARE.test(latin1(sector, stored, stored + UUID_BYTES));
  return holdsUuid ? stored : USUAL_OFFSET;
}
