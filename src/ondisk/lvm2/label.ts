import type { Problem } from '../../model/problem.ts';
import type { Label } from '../../model/survey.ts';
import { crcProblem, latin1, SECTOR_BYTES, u32, u64 } from './bytes.ts';
import { lvmCrc } from './crc.ts';

const ID = 'LABELONE';
const TYPE = 'LVM2 001';
const SECTORS_SCANNED = 4;
/** So many wrong bytes still leave an id recognisable. */
const ID_ERRORS_ALLOWED = 2;
/** What the CRC covers starts here. */
const CRC_FROM = 20;

/**
 * Every label among the first four 512-byte sectors, good or damaged (lvm2 `lib/label/label.h`).
 * A sector counts as a label as soon as its id nearly matches, its type stands or its CRC holds,
 * so no single changed byte makes one look absent.
 */
export function decodeLabels(head: Uint8Array): readonly Label[] {
  const labels: Label[] = [];
  for (let sector = 0; sector < SECTORS_SCANNED; sector++) {
    const bytes = head.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
    const label = bytes.length === SECTOR_BYTES ? decodeLabel(bytes, sector) : null;
    if (label) labels.push(label);
  }
  return labels;
}

function decodeLabel(bytes: Uint8Array, sector: number): Label | null {
  const id = latin1(bytes, 0, 8);
  const type = latin1(bytes, 24, 32);
  const crcStored = u32(bytes, 16);
  const crcComputed = lvmCrc(bytes.subarray(CRC_FROM));
  const idErrors = [...ID].filter((char, at) => id[at] !== char).length;
  if (idErrors > ID_ERRORS_ALLOWED && type !== TYPE && crcStored !== crcComputed) return null;

  const problems: Problem[] = [];
  const at = sector * SECTOR_BYTES;
  const expect = (code: string, message: string, offset: number, found: string, expected: string) => {
    if (found !== expected) problems.push({ code, message, offsetBytes: at + offset, found, expected });
  };
  expect('label-id', 'The LVM label does not begin with its identifier.', 0, id, ID);
  expect('label-type', 'The LVM label is not of the LVM2 type.', 24, type, TYPE);
  const sectorStored = String(u64(bytes, 8));
  expect('label-sector', 'The LVM label names another sector than its own.', 8, sectorStored, String(sector));
  if (crcStored !== crcComputed) {
    problems.push(crcProblem('label-crc', 'LVM label', at + 16, crcStored, crcComputed));
  }
  const headerOffset = u32(bytes, 20);
  if (headerOffset < 32 || headerOffset > SECTOR_BYTES - 40) {
    const message = 'The LVM label places its PV header outside of its sector.';
    problems.push({ code: 'label-offset', message, offsetBytes: at + 20, found: String(headerOffset) });
  }
  return { sector, good: problems.length === 0, crcStored, crcComputed, problems };
}
