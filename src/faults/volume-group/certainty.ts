import { extentMap } from '../../model/extents.ts';
import {
  type MetadataArea,
  type MetadataText,
  type Region,
  type Survey,
  standaloneRegions,
} from '../../model/survey.ts';
import { newestTextIn } from './pieces.ts';
import type { VolumeGroupView } from './view.ts';

/** What speaks against the text that a repair would start from. */
export interface Doubts {
  /** What keeps it short of proof, as sentences. */
  readonly caveats: readonly string[];
  /** What starting from it gives up, as sentences. */
  readonly losses: readonly string[];
}

/** How sure it is that the text a repair would start from is the newest that there was; no doubts where that is proven. */
export function doubtsOf(view: VolumeGroupView, survey: Survey): Doubts {
  const { seqno } = view.base.metadata;
  const isCommitted = view.baseProof === 'committed' || view.baseProof === 'corrected';
  const caveats = [
    ...(view.baseProof === 'none' ? [unproven(view, survey)] : []),
    ...newerText(view),
    ...(isCommitted ? hiddenNewer(view) : []),
  ];
  const isNewest = isCommitted || (hiddenNewer(view).length === 0 && witnesses(view, survey) >= 2);
  return {
    caveats,
    losses: isNewest
      ? []
      : [`what was changed after generation ${seqno}, if anything: every newer text is destroyed`],
  };
}

function unproven(view: VolumeGroupView, survey: Survey): string {
  const { source, metadata } = view.base;
  const from = source.kind === 'file' ? source.path : 'an old ring slot';
  const misfit = survey.hypotheses.some(
    (each) => each.textDigest === view.base.digest && each.contradictions > 0,
  );
  return (
    `no metadata text is proven: the best is generation ${metadata.seqno} from ${from}, and no superblock on the disks shows that it is right` +
    (misfit ? '; filesystems on the disks do not fit it' : '')
  );
}

/** A newer text that reads, in a ring, on another disk or in a file, may know what the base does not. */
function newerText({ texts, base }: VolumeGroupView): string[] {
  const newer = texts.find((text) => text.metadata.seqno > base.metadata.seqno);
  if (newer === undefined) return [];
  const where = newer.source.kind === 'file' ? newer.source.path : newer.source.device;
  return [
    `a newer generation (${newer.metadata.seqno}, in ${where}) can be read and is not proven; acting on ${base.metadata.seqno} may lose what it changed`,
  ];
}

/** A damaged area may have held a newer generation than any that can be read. */
function hiddenNewer(view: VolumeGroupView): string[] {
  const areas = [...view.members.flatMap(({ region }) => region ?? []), ...view.outsiders].flatMap((region) =>
    region.pv.metadataAreas.filter((area) => !area.ignored).map((area) => ({ region, area })),
  );
  return areas
    .filter(({ area }) => mayHideNewer(area, view))
    .map(
      ({ region, area }) =>
        `the damaged text in the area at ${area.offsetBytes} of ${region.id} may be of a newer generation than ${view.base.metadata.seqno}`,
    );
}

function mayHideNewer(area: MetadataArea, view: VolumeGroupView): boolean {
  const { committed } = area;
  if (!area.headerGood || committed === null || committed.good || committed.corrected !== null) return false;
  // The area header names size and CRC of the text it means: those of a text we have?
  if (
    view.texts.some(
      (text) => text.crc === committed.crcStored && text.metadata.seqno <= view.base.metadata.seqno,
    )
  ) {
    return false;
  }
  const seqno = committed.text?.metadata.seqno;
  return seqno === undefined || seqno > view.base.metadata.seqno;
}

/**
 * How many places say for themselves that the base is the newest there was: metadata areas in which nothing newer is left,
 * damaged area headers that still point at it, and lvm's own backup after the last change.
 */
function witnesses({ base, ref, texts }: VolumeGroupView, survey: Survey): number {
  const isBase = (text: MetadataText | undefined) =>
    text?.metadata.seqno === base.metadata.seqno && extentMap(text.metadata) === extentMap(base.metadata);
  const regions = standaloneRegions(survey);
  const areas = regions.filter((region) => isBase(newestTextIn(region, ref.uuid))).flatMap(areasWithTexts);
  const pointers = regions
    .flatMap((region) => region.pv.metadataAreas)
    .filter((area) => !area.headerGood && area.slots.some(({ crc }) => crc === base.crc));
  const backups = texts.filter(
    (text) =>
      text.source.kind === 'file' && isBase(text) && /^Created \*after\*/.test(text.metadata.description),
  );
  return areas.length + pointers.length + Math.min(1, backups.length);
}

const areasWithTexts = (region: Region): unknown[] =>
  region.pv.metadataAreas.filter((area) => area.committed?.good || area.olderTexts.length > 0);
