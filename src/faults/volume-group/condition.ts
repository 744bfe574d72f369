import type { MetadataArea, Region } from '../../model/survey.ts';
import { isEmptied, labelledUuid, type Member } from './pieces.ts';
import type { VolumeGroupView } from './view.ts';

/** Where lvm puts the first metadata area (FMT_TEXT_MDA_START: one page behind the start). */
const FIRST_AREA_BYTES = 4096;

/** What is wrong with the metadata of one PV, told apart once for all faults. */
export interface Condition {
  /** Its label gives another id than its VG knows it by. */
  readonly idChanged: boolean;
  /** No good label, but enough of it or of its metadata areas stands to know that one was here. */
  readonly labelDamaged: boolean;
  /** Label and metadata are gone, or the areas are empty though the VG counts on this PV. */
  readonly metadataLost: boolean;
  /** Areas whose header is no good. */
  readonly badHeaders: readonly MetadataArea[];
  /** Areas whose committed text is no good. */
  readonly badTexts: readonly MetadataArea[];
  /** Areas that hold an older generation than the newest, committed and right. */
  readonly staleAreas: readonly MetadataArea[];
}

export function conditionOf(member: Member, view: VolumeGroupView): Condition {
  const { region } = member;
  if (region === null) {
    return {
      ...{ idChanged: false, labelDamaged: false, metadataLost: false },
      ...{ badHeaders: [], badTexts: [], staleAreas: [] },
    };
  }
  const used = region.pv.metadataAreas.filter((area) => !area.ignored);
  const unlabelled = member.standing === 'unlabelled';
  const labelDamaged = unlabelled && isLabelRemnant(region);
  // A label of another id came with empty areas: that is the finding, and not what they lack.
  const metadataLost = unlabelled ? !labelDamaged : member.standing !== 'relabelled' && isEmptied(region);
  return {
    idChanged: member.standing === 'relabelled',
    labelDamaged,
    metadataLost,
    badHeaders: metadataLost ? [] : areasOf(region).badHeaders,
    badTexts: areasOf(region).badTexts,
    staleAreas: used.filter((area) => isStale(area, view)),
  };
}

/** The damaged areas of a region, whoever it belongs to. */
export function areasOf(region: Region): Pick<Condition, 'badHeaders' | 'badTexts'> {
  const used = region.pv.metadataAreas.filter((area) => !area.ignored);
  // Without a good label, the list of areas is not to be trusted either: only lvm's own first place counts.
  const isKnown = (area: MetadataArea) =>
    labelledUuid(region) !== null || area.offsetBytes === FIRST_AREA_BYTES;
  return {
    badHeaders: used.filter((area) => !area.headerGood && isKnown(area)),
    badTexts: used.filter((area) => area.headerGood && area.committed !== null && !area.committed.good),
  };
}

function isLabelRemnant(region: Region): boolean {
  return (
    region.pv.labels.length > 0 ||
    region.pv.metadataAreas.some(
      (area) => area.headerGood && area.committed !== null && area.offsetBytes < region.sizeBytes / 2,
    )
  );
}

function isStale(area: MetadataArea, view: VolumeGroupView): boolean {
  const text = area.committed?.good ? area.committed.text : null;
  return text?.metadata.uuid === view.ref.uuid && text.metadata.seqno < view.base.metadata.seqno;
}

/** True when nothing is wrong with what this PV itself holds. */
export function isSound(condition: Condition): boolean {
  return (
    !condition.idChanged &&
    !condition.labelDamaged &&
    !condition.metadataLost &&
    condition.badHeaders.length === 0 &&
    condition.badTexts.length === 0
  );
}

export function isMarkedMissing(member: Member): boolean {
  return member.section.flags.includes('MISSING');
}
