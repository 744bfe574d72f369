import type { MetadataArea, Survey } from '../../model/survey.ts';
import type { VolumeGroupView } from './view.ts';

/** What a repair from an older generation gives up, as sentences. */
export function baseLosses(view: VolumeGroupView): string[] {
  const { seqno } = view.base.metadata;
  return view.baseProof === 'twice' || view.baseProof === 'content'
    ? [`what was changed after generation ${seqno}, if anything: every newer text is destroyed`]
    : [];
}

/** What keeps the text that a repair would start from short of proof, as sentences; empty when it is proven newest. */
export function baseCaveats(view: VolumeGroupView, survey: Survey): string[] {
  const { seqno } = view.base.metadata;
  const source = view.base.source.kind === 'file' ? view.base.source.path : 'an old ring slot';
  const unproven =
    view.baseProof === 'none'
      ? [
          `no metadata text is proven: the best is generation ${seqno} from ${source}, and no superblock on the disks shows that it is right${misfit(view, survey)}`,
        ]
      : [];
  const newer = view.texts.find((text) => text.metadata.seqno > seqno);
  const outdated =
    newer === undefined
      ? []
      : [
          `a newer generation (${newer.metadata.seqno}) was written once and cannot be proven; acting on ${seqno} may lose what it changed`,
        ];
  // Where nothing committed is left, the newest generation with a proof is what there is.
  const isCommitted = view.baseProof === 'committed' || view.baseProof === 'corrected';
  return [...unproven, ...outdated, ...(isCommitted ? hiddenNewer(view) : [])];
}

/** A newest text that only contradicts what stands on the disks. */
function misfit(view: VolumeGroupView, survey: Survey): string {
  const against = survey.hypotheses.some(
    (each) => each.textDigest === view.base.digest && each.contradictions > 0,
  );
  return against ? '; filesystems on the disks do not fit it' : '';
}

/** A damaged area may have held a newer generation than any that can be read. */
function hiddenNewer(view: VolumeGroupView): string[] {
  const areas = view.members.flatMap(
    (member) => member.region?.pv.metadataAreas.filter((area) => !area.ignored) ?? [],
  );
  return areas
    .filter((area) => mayHideNewer(area, view))
    .map(
      (area) =>
        `the damaged text at ${area.offsetBytes} may be of a newer generation than ${view.base.metadata.seqno}`,
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
  if (seqno !== undefined) return seqno > view.base.metadata.seqno;
  return true;
}
