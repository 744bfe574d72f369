import * as v from 'valibot';
import type { BlockReader } from '../../model/block-reader.ts';
import type { PlanText, VgPlan } from '../../model/plan.ts';
import { err, ok, type Result } from '../../model/result.ts';
import type { Region, Survey } from '../../model/survey.ts';
import type { RecordFiles } from '../ports.ts';
import { dataOf, pvUuidOf, spansOf } from '../spans.ts';
import { BLOCK_BYTES, blocksOf, checksum, ZEROS } from './blocks.ts';
import { DamagedRecord, ioMessage } from './io-error.ts';

const SpanSchema = v.object({
  offsetBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  lengthBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** CRC-32 of every block as it was, -1 for zeros. */
  blocks: v.array(v.number()),
});

const RegionSchema = v.object({
  id: v.string(),
  device: v.string(),
  partition: v.nullable(v.number()),
  startBytes: v.number(),
  sizeBytes: v.number(),
  node: v.nullable(v.string()),
  identity: v.string(),
  /** The physical volume that stands here, or is to stand here after the repair; null where none is known. */
  pvUuid: v.nullable(v.string()),
  /** Where extents stand: no repair writes there, so what changed there since is somebody's data. */
  data: v.object({ fromBytes: v.number(), toBytes: v.number() }),
  spans: v.array(SpanSchema),
});

const ContentSchema = v.object({
  schemaVersion: v.literal(1),
  kind: v.picklist(['repair', 'undo']),
  /** For `undo`: the record that it plays back. */
  undoes: v.nullable(v.string()),
  createdAt: v.string(),
  volumeGroups: v.array(v.object({ name: v.string(), uuid: v.string(), seqnoAfter: v.number() })),
  regions: v.array(RegionSchema),
});

const AfterSchema = v.array(v.object({ id: v.string(), spans: v.array(v.array(v.number())) }));

export type RecordContent = v.InferOutput<typeof ContentSchema>;
export type RecordRegion = RecordContent['regions'][number];
/** Block checksums of a later moment, in the order of the record's regions and spans. */
export type Image = v.InferOutput<typeof AfterSchema>;

declare const saved: unique symbol;
/** A record as it describes itself; its saved bytes may be damaged. */
export interface DescribedRecord extends RecordContent {
  readonly id: string;
}

/** A record whose every byte is on stable storage. Only `save` and `load` make one. */
export interface UndoRecord extends DescribedRecord {
  readonly [saved]: true;
}

const CONTENT = 'record.json';
const BEFORE = 'before.bin';
const AFTER = 'after.json';

export type ReaderOf = (regionId: string) => BlockReader;

/** The record for a repair: all that its plans may change, as it stands now. */
export function saveForRepair(
  plans: readonly VgPlan[],
  survey: Survey,
  files: RecordFiles,
  readerOf: ReaderOf,
  createdAt: Date,
): Result<UndoRecord, string> {
  const regions = plans.flatMap((plan) =>
    plan.regionIds.flatMap((id) => {
      const disk = survey.disks.find((each) => each.regions.some((region) => region.id === id));
      const region = disk?.regions.find((each) => each.id === id);
      return disk && region
        ? [
            {
              ...{ region, identity: disk.identity, pvUuid: pvUuidOf(plan, id) },
              ...{ data: dataOf(plan, region), spans: spansOf(plan)(region) },
            },
          ]
        : [];
    }),
  );
  const volumeGroups = plans.map((plan) => ({ ...plan.volumeGroup, seqnoAfter: plan.goal.seqnoAfter }));
  const texts = plans.flatMap((plan, index) =>
    plan.texts.map((text) => ({ ...text, id: textName(index, text.id) })),
  );
  return save({ kind: 'repair', undoes: null, volumeGroups }, regions, texts, files, readerOf, createdAt);
}

/** The file name of a plan's text in its record. */
export const textName = (planIndex: number, textId: string): string => `plan-${planIndex + 1}-${textId}`;

/** The record for playing `record` back: the same places, as they stand now. */
export function saveForUndo(
  record: UndoRecord,
  files: RecordFiles,
  readerOf: ReaderOf,
  createdAt: Date,
): Result<UndoRecord, string> {
  const regions = record.regions.map((region) => ({
    region,
    identity: region.identity,
    pvUuid: region.pvUuid,
    data: region.data,
    spans: region.spans,
  }));
  const { volumeGroups } = record;
  return save({ kind: 'undo', undoes: record.id, volumeGroups }, regions, [], files, readerOf, createdAt);
}

type SavedRegion = {
  readonly region: Pick<Region, 'id' | 'device' | 'partition' | 'startBytes' | 'sizeBytes' | 'node'>;
  readonly identity: string;
  readonly pvUuid: string | null;
  readonly data: RecordRegion['data'];
  readonly spans: readonly { readonly offsetBytes: number; readonly lengthBytes: number }[];
};

function save(
  about: Pick<RecordContent, 'kind' | 'undoes' | 'volumeGroups'>,
  places: readonly SavedRegion[],
  texts: readonly PlanText[],
  files: RecordFiles,
  readerOf: ReaderOf,
  createdAt: Date,
): Result<UndoRecord, string> {
  if (files.unusable !== null) return err(files.unusable);
  const stored: Uint8Array[] = [];
  try {
    const regions = places.map(({ region, identity, pvUuid, data, spans }): RecordRegion => {
      const { id, device, partition, startBytes, sizeBytes, node } = region;
      return {
        ...{ id, device, partition, startBytes, sizeBytes, node, identity, pvUuid, data },
        spans: spans.map(({ offsetBytes, lengthBytes }) => ({
          offsetBytes,
          lengthBytes,
          blocks: Array.from(blocksOf(readerOf(id), { offsetBytes, lengthBytes }), ({ bytes }) => {
            const crc = checksum(bytes);
            if (crc !== ZEROS) stored.push(new Uint8Array(bytes));
            return crc;
          }),
        })),
      };
    });
    const content: RecordContent = {
      schemaVersion: 1,
      createdAt: createdAt.toISOString(),
      ...about,
      regions,
    };
    const id = newId(createdAt, files);
    files.write(id, BEFORE, Buffer.concat(stored));
    for (const text of texts) files.write(id, text.id, text.bytes);
    // The content names everything else, so it comes last: a record without it was never begun.
    files.write(id, CONTENT, Buffer.from(JSON.stringify(content)));
    const record = load(id, files);
    return record.ok ? record : err(`the undo record could not be read back: ${record.error}`);
  } catch (error) {
    return err(`the undo record could not be written: ${ioMessage(error)}`);
  }
}

function newId(at: Date, files: RecordFiles): string {
  const stamp = at.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const taken = new Set(files.list());
  let id = stamp;
  for (let number = 2; taken.has(id); number++) id = `${stamp}-${number}`;
  return id;
}

/** What a record is about, without its bytes. */
export function describeRecord(id: string, files: RecordFiles): Result<RecordContent, string> {
  const bytes = files.read(id, CONTENT);
  if (bytes === null) return err(`there is no record ${id}`);
  const parsed = v.safeParse(ContentSchema, parseJson(bytes));
  return parsed.success ? ok(parsed.output) : err(`record ${id} is damaged: ${parsed.issues[0].message}`);
}

/** Reads a record back, with every stored byte checked against its CRC. */
export function load(id: string, files: RecordFiles): Result<UndoRecord, string> {
  const content = describeRecord(id, files);
  if (!content.ok) return content;
  const record = { ...content.value, id } as UndoRecord;
  try {
    for (const _ of beforeImage(record, files));
  } catch (error) {
    return err(`record ${id} is damaged: ${error instanceof Error ? error.message : error}`);
  }
  return ok(record);
}

export interface RecordBlock {
  readonly region: RecordRegion;
  readonly regionIndex: number;
  readonly spanIndex: number;
  readonly blockIndex: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** Every block of a record, in order. */
export function* recordBlocks(record: RecordContent): Generator<RecordBlock> {
  for (const [regionIndex, region] of record.regions.entries()) {
    for (const [spanIndex, span] of region.spans.entries()) {
      for (const blockIndex of span.blocks.keys()) {
        const within = blockIndex * BLOCK_BYTES;
        yield {
          ...{ region, regionIndex, spanIndex, blockIndex },
          offsetBytes: span.offsetBytes + within,
          lengthBytes: Math.min(BLOCK_BYTES, span.lengthBytes - within),
        };
      }
    }
  }
}

/** Every block of a record with the bytes it had. Throws `DamagedRecord` if the stored bytes are not those that were saved. */
export function* beforeImage(
  record: UndoRecord,
  files: RecordFiles,
): Generator<RecordBlock & { bytes: Uint8Array }> {
  const stored = files.read(record.id, BEFORE);
  if (stored === null) throw new DamagedRecord(`${BEFORE} is gone`);
  let at = 0;
  for (const block of recordBlocks(record)) {
    const crc = crcBefore(block);
    if (crc === ZEROS) {
      yield { ...block, bytes: new Uint8Array(block.lengthBytes) };
      continue;
    }
    const bytes = stored.subarray(at, at + block.lengthBytes);
    at += block.lengthBytes;
    if (bytes.length !== block.lengthBytes || checksum(bytes) !== crc) {
      throw new DamagedRecord(
        `the stored bytes for ${block.region.id} at ${block.offsetBytes} fail their CRC`,
      );
    }
    yield { ...block, bytes };
  }
}

export function crcBefore(block: RecordBlock): number {
  return block.region.spans[block.spanIndex]?.blocks[block.blockIndex] ?? ZEROS;
}

export function crcIn(image: Image, block: RecordBlock): number | undefined {
  return image[block.regionIndex]?.spans[block.spanIndex]?.[block.blockIndex];
}

/** The first block among extents that is not as the record found it. */
export function changedDataBlock(record: RecordContent, image: Image): RecordBlock | null {
  for (const block of recordBlocks(record)) {
    const { fromBytes, toBytes } = block.region.data;
    const isData = block.offsetBytes >= fromBytes && block.offsetBytes < toBytes;
    if (isData && crcIn(image, block) !== crcBefore(block)) return block;
  }
  return null;
}

/** How the record's places stand now. */
export function imageNow(record: RecordContent, readerOf: ReaderOf): Image {
  return record.regions.map(({ id, spans }) => ({
    id,
    spans: spans.map((span) => Array.from(blocksOf(readerOf(id), span), ({ bytes }) => checksum(bytes))),
  }));
}

/** Writes down how a finished run left the disks. */
export function saveAfter(record: UndoRecord, files: RecordFiles, image: Image): void {
  files.write(record.id, AFTER, Buffer.from(JSON.stringify(image)));
}

/** Null where the run never finished. */
export function loadAfter(id: string, files: RecordFiles): Image | null {
  const bytes = files.read(id, AFTER);
  const parsed = bytes === null ? null : v.safeParse(AfterSchema, parseJson(bytes));
  return parsed?.success ? parsed.output : null;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return null;
  }
}
