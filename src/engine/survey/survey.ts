import { type BlockReader, slice } from '../../model/block-reader.ts';
import type { Problem } from '../../model/problem.ts';
import { ok, type Result } from '../../model/result.ts';
import type { Disk, MetadataText, PartitionTable, Region, Survey } from '../../model/survey.ts';
import { readPhysicalVolume } from '../../ondisk/lvm2/physical-volume.ts';
import { readMetadataFile, TextCache } from '../../ondisk/lvm2/text/text-cache.ts';
import { readPartitionTable } from '../../ondisk/partition-tables/read-partition-table.ts';
import { readSignatures } from '../../ondisk/superblocks/read-signatures.ts';
import type { Notify, OpenSource, SourceDisk, SourceError, SourcePartition, SurveySource } from '../ports.ts';
import { weighHypotheses } from './hypotheses.ts';
import { lvFilesystems } from './lv-filesystems.ts';

/** Reads everything once, read-only. Fails only where a TARGET cannot be opened at all. */
export function survey(source: SurveySource, notify: Notify): Result<Survey, SourceError> {
  const opened = source.open();
  if (!opened.ok) return opened;
  try {
    return ok(read(opened.value, notify));
  } finally {
    opened.value.close();
  }
}

function read(source: OpenSource, notify: Notify): Survey {
  const cache = new TextCache();
  const readers = new Map<string, BlockReader>();
  const total = source.disks.length;
  const disks = source.disks.map((disk, done) => {
    notify({ type: 'progress', phase: 'survey', done, total });
    return readDisk(disk, cache, readers);
  });
  notify({ type: 'progress', phase: 'survey', done: total, total });
  const files = source.files.flatMap((file): MetadataText[] => {
    const { value } = readMetadataFile(file.bytes, file.path, cache);
    return value === null ? [] : [value];
  });
  const { unread, machine } = source;
  const plain: Survey = { disks, unread, files, hypotheses: [], lvFilesystems: [], machine };
  const readerOf = (region: Region) => readers.get(region.id);
  return {
    ...plain,
    hypotheses: weighHypotheses(plain, readerOf),
    lvFilesystems: machine.inInitramfs && !machine.targetsGiven ? lvFilesystems(plain, readerOf) : [],
  };
}

/** The same survey with some regions read again, through other readers: a rehearsal's replicas, or live disks after a repair. */
export function resurvey(before: Survey, readerOf: (regionId: string) => BlockReader | null): Survey {
  const cache = new TextCache();
  const disks = before.disks.map((disk) => ({
    ...disk,
    regions: disk.regions.map((region) => {
      const reader = readerOf(region.id);
      return reader === null ? region : readRegion(region, reader, cache);
    }),
  }));
  return { ...before, disks, hypotheses: [] };
}

function readDisk(disk: SourceDisk, cache: TextCache, readers: Map<string, BlockReader>): Disk {
  const { path, kind, readOnly, identity, reader } = disk;
  const table = readPartitionTable(reader, disk.sectorBytes);
  const place = (
    region: Pick<Region, 'id' | 'partition' | 'startBytes' | 'node' | 'isLeg'>,
    from: BlockReader,
  ) => {
    readers.set(region.id, from);
    return readRegion({ ...region, device: path, sizeBytes: from.sizeBytes }, from, cache);
  };
  const whole = place(
    { id: path, partition: null, startBytes: 0, node: kind === 'block' ? path : null, isLeg: disk.isLeg },
    reader,
  );
  const partitions = (table.value?.partitions ?? []).map((partition) => {
    const node = disk.partitions.find((each) => each.startBytes === partition.startBytes);
    const sizeMatches = node?.reader.sizeBytes === partition.sizeBytes;
    const from = node && sizeMatches ? node.reader : slice(reader, partition.startBytes, partition.sizeBytes);
    const { number, startBytes } = partition;
    return place(
      {
        id: `${path}#${number}`,
        partition: number,
        startBytes,
        ...nodeFacts(sizeMatches ? node : undefined),
      },
      from,
    );
  });
  return {
    path,
    kind,
    sizeBytes: reader.sizeBytes,
    sectorBytes: disk.sectorBytes ?? 512,
    readOnly,
    identity,
    table: table.value,
    regions: [withoutPartitions(whole, table.value), ...partitions],
    problems: table.problems,
  };
}

function nodeFacts(node: SourcePartition | undefined): Pick<Region, 'node' | 'isLeg'> {
  return { node: node?.node ?? null, isLeg: node?.isLeg ?? false };
}

type Place = Pick<Region, 'id' | 'device' | 'partition' | 'startBytes' | 'sizeBytes' | 'node' | 'isLeg'>;

function readRegion(place: Place, reader: BlockReader, cache: TextCache): Region {
  const { pv, headBlank, problems } = readPhysicalVolume(reader, place, cache);
  const signatures = readSignatures(reader);
  const all: Problem[] = [...problems, ...signatures.problems];
  const { id, device, partition, startBytes, sizeBytes, node, isLeg } = place;
  return {
    id,
    device,
    partition,
    startBytes,
    sizeBytes,
    node,
    isLeg,
    pv,
    signatures: signatures.signatures,
    headBlank,
    problems: all,
  };
}

/** What lies inside a partition is the partition's, not the whole disk's. */
function withoutPartitions(whole: Region, table: PartitionTable | null): Region {
  const partitions = table?.partitions ?? [];
  if (partitions.length === 0) return whole;
  const isOutside = (offsetBytes: number) =>
    !partitions.some(
      (each) => offsetBytes >= each.startBytes && offsetBytes < each.startBytes + each.sizeBytes,
    );
  const hasLabel = whole.pv.labels.some((label) => label.good);
  return {
    ...whole,
    pv: {
      ...whole.pv,
      metadataAreas: hasLabel
        ? whole.pv.metadataAreas
        : whole.pv.metadataAreas.filter((area) => isOutside(area.offsetBytes)),
      strayTexts: whole.pv.strayTexts.filter(
        ({ source }) => source.kind === 'file' || isOutside(source.offsetBytes),
      ),
    },
  };
}
