import type { PvSection } from '../../model/metadata.ts';
import type { MetadataArea, MetadataText, Region } from '../../model/survey.ts';

/** The pieces of which `view.ts` puts volume groups together. */

export interface Commitment {
  readonly region: Region;
  readonly area: MetadataArea;
  readonly text: MetadataText;
  /** True when the text on disk fails its CRC and is proven by the one change that mends it. */
  readonly corrected: boolean;
}

export interface Member {
  readonly section: PvSection;
  /**
   * `present`: a good label carries its id. `unlabelled`: a region without a good label was identified as it.
   * `relabelled`: so was one whose label carries another id. `absent`: nowhere. `duplicate`: on several devices.
   * `taken`: its device belongs to another VG now. `uncertain`: a region might be it, but nothing proves that.
   */
  readonly standing: 'present' | 'unlabelled' | 'relabelled' | 'absent' | 'duplicate' | 'taken' | 'uncertain';
  readonly region: Region | null;
  /** Every region that claims to be it, or could be. */
  readonly candidates: readonly Region[];
  /** How its region was identified, in words. */
  readonly identifiedBy: string;
  /** What proves that its region is it; null where nothing does, or there is none. A size never does. */
  readonly provenBy: 'label' | 'text' | 'content' | null;
}

/** The PV id that a good label gives this region; null where there is none. */
export function labelledUuid(region: Region): string | null {
  return region.pv.labels.some((label) => label.good) ? (region.pv.header?.uuid ?? null) : null;
}

/** True when what stands committed in a region is the metadata of another VG. */
export const belongsToAnother = (region: Region, vgUuid: string): boolean =>
  region.pv.metadataAreas.some(
    (area) => !area.ignored && area.committed?.good && area.committed.text?.metadata.uuid !== vgUuid,
  );

/** True when every metadata area in use is in good order and empty: as lvm makes and leaves one without a VG. */
export function isEmptied({ pv }: Region): boolean {
  const used = pv.metadataAreas.filter((area) => !area.ignored);
  return used.length > 0 && used.every((area) => area.headerGood && area.committed === null);
}

/** The newest text of a VG that stands in a region, committed or not. */
export const newestTextIn = (region: Region, vgUuid: string): MetadataText | undefined =>
  textsIn(region)
    .filter(({ metadata }) => metadata.uuid === vgUuid)
    .sort((a, b) => b.metadata.seqno - a.metadata.seqno)[0];

/** Every text in a region, committed or not. */
export function textsIn(region: Region): MetadataText[] {
  const { metadataAreas, strayTexts } = region.pv;
  return [
    ...metadataAreas.flatMap((area) => [
      ...(area.committed?.good && area.committed.text ? [area.committed.text] : []),
      ...(area.committed?.corrected ? [area.committed.corrected.text] : []),
      ...area.olderTexts,
    ]),
    ...strayTexts,
  ];
}
