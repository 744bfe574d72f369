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
   * `absent`: nowhere. `duplicate`: on several devices. `taken`: its device belongs to another VG now.
   * `uncertain`: a region might be it, but nothing proves that.
   */
  readonly standing: 'present' | 'unlabelled' | 'absent' | 'duplicate' | 'taken' | 'uncertain';
  readonly region: Region | null;
  /** Every region that claims to be it, or could be. */
  readonly candidates: readonly Region[];
  /** How an unlabelled region was identified, in words. */
  readonly identifiedBy: string;
}

/** The PV id that a good label gives this region; null where there is none. */
export function labelledUuid(region: Region): string | null {
  return region.pv.labels.some((label) => label.good) ? (region.pv.header?.uuid ?? null) : null;
}

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
