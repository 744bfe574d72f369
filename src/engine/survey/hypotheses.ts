import { candidatesFor, formerIdOf, sizeFits } from '../../faults/volume-group/identify.ts';
import { labelledUuid } from '../../faults/volume-group/pieces.ts';
import { carriersOf, type VolumeGroupView, volumeGroups } from '../../faults/volume-group/view.ts';
import { type BlockReader, slice } from '../../model/block-reader.ts';
import { areaOffset, extentBytes, lvSizeExtents, placeOf } from '../../model/extents.ts';
import type { LvSection, PvSection } from '../../model/metadata.ts';
import {
  type Hypothesis,
  type MetadataText,
  type Region,
  type Signature,
  type Survey,
  standaloneRegions,
} from '../../model/survey.ts';
import { isBlank } from '../../ondisk/lvm2/bytes.ts';
import { readSignatures } from '../../ondisk/superblocks/read-signatures.ts';

const SAMPLE_BYTES = 4096;
const SAMPLES_PER_SEGMENT = 8;
/** Texts tried where none is committed, newest first. */
const MAX_TEXTS = 8;
const MAX_PAIRS = 512;

type ReaderOf = (region: Region) => BlockReader | undefined;

/** Weighs every guess that the later judgement may need: which region without a label is which PV of which text. */
export function weighHypotheses(survey: Survey, readerOf: ReaderOf): Hypothesis[] {
  const pairs = [...pairsOfViews(survey), ...pairsOfFiles(survey)].slice(0, MAX_PAIRS);
  const contents = new Contents(survey, readerOf);
  return pairs.map((pair) => contents.weigh(pair));
}

interface Guess {
  readonly text: MetadataText;
  readonly section: PvSection;
  readonly region: Region;
}

function pairsOfViews(survey: Survey): Guess[] {
  return volumeGroups(survey).flatMap((view) => {
    const texts = isCertain(view) ? [view.base] : view.texts.slice(0, MAX_TEXTS);
    return [
      ...texts.flatMap((text) => guesses(text, survey, !isCertain(view))),
      ...view.outsiders.flatMap((region) => formerMember(region, view, survey)),
    ];
  });
}

/** A disk that was thrown out: does its content bear out the last generations that had it? */
function formerMember(region: Region, view: VolumeGroupView, survey: Survey): Guess[] {
  const uuid = formerIdOf(region, view, standaloneRegions(survey));
  const guesses = view.texts.flatMap((text): Guess[] => {
    const section = text.metadata.pvs.find((pv) => pv.uuid === uuid);
    return section === undefined ? [] : [{ text, section, region }];
  });
  return guesses.slice(0, MAX_TEXTS);
}

function isCertain(view: VolumeGroupView): boolean {
  return view.baseProof === 'committed' || view.baseProof === 'corrected';
}

/** VGs that only a file knows: their disks have lost everything, or it is another machine's file. */
function pairsOfFiles(survey: Survey): Guess[] {
  const known = new Set(volumeGroups(survey).map((view) => view.ref.uuid));
  const newestFirst = [...survey.files].sort((a, b) => b.metadata.seqno - a.metadata.seqno);
  const unknown = newestFirst.filter((text) => !known.has(text.metadata.uuid)).slice(0, MAX_TEXTS);
  return unknown.flatMap((text) => guesses(text, survey, true));
}

function guesses(text: MetadataText, survey: Survey, alsoLabelled: boolean): Guess[] {
  const regions = standaloneRegions(survey);
  const vgUuid = text.metadata.uuid;
  const carriers = carriersOf(vgUuid, [text], regions);
  return text.metadata.pvs.flatMap((section) => {
    const labelled = regions.filter((region) => labelledUuid(region) === section.uuid);
    if (labelled.length > 0) return alsoLabelled ? labelled.map((region) => ({ text, section, region })) : [];
    return candidatesFor(vgUuid, carriers, regions)
      .filter((region) => carriers.includes(region) || sizeFits(section, region))
      .map((region) => ({ text, section, region }));
  });
}

/** Looks at the places where a text puts its LVs. */
class Contents {
  readonly #readerOf: ReaderOf;
  readonly #labelled = new Map<string, Region>();
  /** By region and offset: many guesses look at the same places. */
  readonly #filesystems = new Map<string, Signature | null>();
  readonly #blank = new Map<string, boolean>();

  constructor(survey: Survey, readerOf: ReaderOf) {
    this.#readerOf = readerOf;
    for (const region of standaloneRegions(survey).toReversed()) {
      const uuid = labelledUuid(region);
      if (uuid !== null) this.#labelled.set(uuid, region);
    }
  }

  weigh(guess: Guess): Hypothesis {
    const { text, section, region } = guess;
    const found = { agreements: 0, contradictions: 0, example: null as Hypothesis['example'] };
    const agree = (offsetBytes: number, what: string) => {
      found.agreements++;
      found.example ??= { offsetBytes, found: what };
    };
    for (const lv of text.metadata.lvs) {
      if (!standsOn(lv, section)) continue;
      const filesystem = this.#filesystemOf(lv, guess);
      if (filesystem === null) continue;
      const sizeBytes = lvSizeExtents(lv) * extentBytes(text.metadata);
      const start = placeOf(lv, 0, text.metadata);
      if (start?.pvName === section.name) {
        if ((filesystem.spanBytes ?? 0) > sizeBytes) found.contradictions++;
        else if (filesystem.live) agree(start.offsetBytes, `${filesystem.type} of ${lv.name}`);
      }
      for (const landmark of filesystem.landmarks) {
        const place = placeOf(lv, landmark.offsetBytes, text.metadata);
        if (place?.pvName !== section.name || place.roomBytes < landmark.bytes.length) continue;
        const there = this.#bytes(region, place.offsetBytes, landmark.bytes.length);
        if (there !== null && Buffer.compare(there, landmark.bytes) === 0) {
          agree(place.offsetBytes, `backup superblock of ${filesystem.type} on ${lv.name}`);
        } else found.contradictions++;
      }
    }
    return {
      textDigest: text.digest,
      pvUuid: section.uuid,
      regionId: region.id,
      ...found,
      dataSeen: this.#hasData(guess),
    };
  }

  /** The filesystem at the start of an LV, where that start stands on the guessed region or on a PV that is known. */
  #filesystemOf(lv: LvSection, { text, section, region }: Guess): Signature | null {
    const start = placeOf(lv, 0, text.metadata);
    if (start === null) return null;
    const pvUuid = text.metadata.pvs.find((pv) => pv.name === start.pvName)?.uuid;
    const home = start.pvName === section.name ? region : this.#labelled.get(pvUuid ?? '');
    const reader = home && this.#readerOf(home);
    if (reader === undefined) return null;
    const key = `${home?.id}@${start.offsetBytes}`;
    const known = this.#filesystems.get(key);
    if (known !== undefined) return known;
    const { signatures } = readSignatures(slice(reader, start.offsetBytes, reader.sizeBytes));
    const found =
      signatures.find((each) => each.spanBytes !== null && !each.type.startsWith('linux_raid')) ?? null;
    this.#filesystems.set(key, found);
    return found;
  }

  #isBlank(region: Region, offsetBytes: number): boolean {
    const key = `${region.id}@${offsetBytes}`;
    const known = this.#blank.get(key);
    if (known !== undefined) return known;
    const bytes = this.#bytes(region, offsetBytes, SAMPLE_BYTES);
    const blank = bytes === null || isBlank(bytes);
    this.#blank.set(key, blank);
    return blank;
  }

  #hasData({ text, section, region }: Guess): boolean {
    return text.metadata.lvs.some((lv) =>
      lv.segments.some((segment) =>
        segment.areas.some((area) => {
          if (area.name !== section.name) return false;
          const start = areaOffset(section, area.startExtent, text.metadata);
          const length = segment.areaExtents * extentBytes(text.metadata);
          const stride = Math.max(SAMPLE_BYTES, Math.floor(length / SAMPLES_PER_SEGMENT));
          for (let at = 0; at < length; at += stride) {
            if (!this.#isBlank(region, start + at)) return true;
          }
          return false;
        }),
      ),
    );
  }

  #bytes(region: Region, offsetBytes: number, lengthBytes: number): Uint8Array | null {
    const read = this.#readerOf(region)?.read(offsetBytes, lengthBytes);
    return read?.ok && read.value.length === lengthBytes ? read.value : null;
  }
}

/** Only such an LV can say anything about the guess. */
const standsOn = (lv: LvSection, pv: PvSection): boolean =>
  lv.segments.some((segment) => segment.areas.some((area) => area.on === 'pv' && area.name === pv.name));
