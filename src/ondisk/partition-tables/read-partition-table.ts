import type { BlockReader } from '../../model/block-reader.ts';
import type { Decoded, Problem } from '../../model/problem.ts';
import type { PartitionTable } from '../../model/survey.ts';
import { noteFailures } from '../fields.ts';
import { fitPartitions } from './fit-partitions.ts';
import { type Gpt, readGpt } from './gpt.ts';
import { type BootRecord, mbrPartitions, readBootRecord } from './mbr.ts';

/** A partition table and what else its sectors say about the disk. */
export interface LocatedTable {
  readonly table: PartitionTable;
  /** Of the MBR or of the GPT header in use. */
  readonly offsetBytes: number;
  /** GPT disk GUID, or the MBR's disk signature. */
  readonly uuid: string | null;
  readonly spanBytes: number | null;
  /** False when only a backup GPT is left at the end of the disk: perhaps that of an earlier use. */
  readonly announced: boolean;
}

/**
 * The partition table of a disk, as Linux would choose it: an MBR without a protective entry wins over a GPT.
 * A GPT whose primary copy is damaged is read from its backup (problem `gpt-primary-bad`).
 * `sectorBytes` null (an image): 512 is tried, then 4096. UEFI 2.10 §5.
 */
export function readPartitionTable(
  reader: BlockReader,
  sectorBytes: 512 | 4096 | null,
): Decoded<PartitionTable | null> {
  const { value, problems } = locatePartitionTable(reader, sectorBytes);
  return { value: value?.table ?? null, problems };
}

/** {@link readPartitionTable}, with where the table stands and whose it is. */
export function locatePartitionTable(
  source: BlockReader,
  sectorBytes: 512 | 4096 | null,
): Decoded<LocatedTable | null> {
  const failures: Problem[] = [];
  const reader = noteFailures(source, failures);
  const record = readBootRecord(reader);
  const sectorSizes = sectorBytes === null ? [512, 4096] : [sectorBytes];
  const found =
    record && !record.protective
      ? locateMbr(reader, record, sectorSizes)
      : locateGpt(reader, record, sectorSizes);
  return { value: found.value, problems: [...failures, ...found.problems] };
}

function locateMbr(
  reader: BlockReader,
  record: BootRecord,
  sectorSizes: readonly number[],
): Decoded<LocatedTable | null> {
  const readings = sectorSizes.map((sectorBytes) => {
    const raw = mbrPartitions(reader, record, sectorBytes);
    const fitted = fitPartitions(raw.value, reader.sizeBytes);
    return { partitions: fitted.value, problems: [...raw.problems, ...fitted.problems] };
  });
  const best = readings.find(({ problems }) => problems.length === 0) ?? readings[0];
  if (!best) return { value: null, problems: [] };
  return {
    value: {
      table: { kind: 'mbr', partitions: best.partitions },
      offsetBytes: 0,
      uuid: record.diskSignature,
      spanBytes: null,
      announced: true,
    },
    problems: best.problems,
  };
}

function locateGpt(
  reader: BlockReader,
  record: BootRecord | null,
  sectorSizes: readonly number[],
): Decoded<LocatedTable | null> {
  const protective = record?.protective ?? null;
  const protectiveEndLba = protective && protective.startSector + protective.sectorCount - 1;
  const readings = sectorSizes.map((sectorBytes) => readGpt(reader, sectorBytes, protectiveEndLba));
  const rank = (gpt: Gpt | null) => (!gpt ? 3 : !gpt.whole ? 2 : gpt.from === 'backup' ? 1 : 0);
  const best = readings.toSorted((a, b) => rank(a.value) - rank(b.value))[0];
  const gpt = best?.value;
  if (!gpt) return protective ? protectedNothing(sectorSizes[0] ?? 512) : { value: null, problems: [] };

  const fitted = fitPartitions(gpt.partitions, reader.sizeBytes);
  const problems = [...best.problems, ...fitted.problems];
  if (!protective) {
    problems.push({
      code: 'gpt-no-protective-mbr',
      message: 'Sector 0 does not announce the GPT, so Linux does not use it.',
      offsetBytes: 0,
    });
  }
  return {
    value: {
      table: { kind: 'gpt', partitions: fitted.value },
      offsetBytes: gpt.offsetBytes,
      uuid: gpt.diskGuid,
      spanBytes: gpt.spanBytes,
      announced: protective !== null || gpt.from === 'primary',
    },
    problems,
  };
}

/** A protective MBR is all that is left of a GPT. */
function protectedNothing(sectorBytes: number): Decoded<LocatedTable> {
  const message = 'The MBR announces a GPT, but neither of its copies is there.';
  return {
    value: {
      table: { kind: 'gpt', partitions: [] },
      offsetBytes: sectorBytes,
      uuid: null,
      spanBytes: null,
      announced: true,
    },
    problems: [{ code: 'gpt-lost', message, offsetBytes: sectorBytes }],
  };
}
