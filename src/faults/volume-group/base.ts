import { extentMap, occupiedRuns } from '../../model/extents.ts';
import { type MetadataText, type Region, type Survey, standaloneRegions } from '../../model/survey.ts';
import { type Commitment, isEmptied, labelledUuid, newestTextIn } from './pieces.ts';

/**
 * What proves the generation that a repair starts from.
 * `committed`: slot 0 of an area in use points at it and its CRC is right.
 * `corrected`: so does a text that one changed byte makes right.
 * `twice`: two areas hold it byte for byte, or a file says the same.
 * `content`: superblocks stand where it puts the LVs.
 * `none`: nothing; acting on it needs a person.
 */
export type BaseProof = 'committed' | 'corrected' | 'twice' | 'content' | 'none';

interface ChosenBase {
  readonly base: MetadataText;
  readonly baseProof: BaseProof;
  readonly sides: readonly MetadataText[];
}

/** The newest generation that can be proven; null when nothing of this VG is alive. */
export function chooseBase(
  uuid: string,
  committed: readonly Commitment[],
  texts: readonly MetadataText[],
  carriers: readonly Region[],
  survey: Survey,
): ChosenBase | null {
  const newest = committed.reduce((max, each) => Math.max(max, each.text.metadata.seqno), -1);
  if (newest >= 0) {
    const atNewest = committed.filter((each) => each.text.metadata.seqno === newest);
    const sides = bestFirst([...new Map(atNewest.map((each) => [each.text.digest, each.text])).values()]);
    const [base] = sides;
    if (base === undefined) return null;
    const whole = atNewest.some((each) => each.text.digest === base.digest && !each.corrected);
    return { base, baseProof: whole ? 'committed' : 'corrected', sides };
  }
  return isDamaged(uuid, carriers, texts) ? fromRemains(texts, survey) : fromFiles(texts, survey);
}

/** The side with the latest creation time first: the last one that somebody worked on. */
function bestFirst(sides: readonly MetadataText[]): MetadataText[] {
  return [...sides].sort((a, b) => b.metadata.creationTime - a.metadata.creationTime);
}

/** Nothing is committed for this VG: is that damage, or was it removed (areas empty, or used by another VG)? */
function isDamaged(uuid: string, carriers: readonly Region[], texts: readonly MetadataText[]): boolean {
  return carriers.some((region) => {
    const { metadataAreas } = region.pv;
    if (wasEmptiedUnderItsLvs(region, uuid, texts)) return true;
    if (labelledUuid(region) === null) {
      return (
        region.signatures.length === 0 &&
        metadataAreas.length > 0 &&
        !metadataAreas.every((area) => area.headerGood && area.committed === null)
      );
    }
    const belongsElsewhere = metadataAreas.some(
      (area) => area.committed?.good && area.committed.text?.metadata.uuid !== uuid,
    );
    const damaged = metadataAreas.some(
      (area) => !area.ignored && (!area.headerGood || (area.committed !== null && !area.committed.good)),
    );
    return damaged && !belongsElsewhere;
  });
}

/**
 * lvm empties the areas of a PV that leaves its VG, and it leaves when no LV stands on it any more (vgreduce; vgremove takes
 * the LVs away first, one generation each). A disk whose areas are empty while the newest generation puts LVs on it was made
 * anew: `pvcreate --uuid`, and the metadata never came. The ring tells, or a file of lvm's, of which vgremove leaves the
 * archive alone, and that says so.
 */
function wasEmptiedUnderItsLvs(region: Region, uuid: string, [newest]: readonly MetadataText[]): boolean {
  const labelled = labelledUuid(region);
  const holdsLvs = (text: MetadataText | undefined) =>
    text !== undefined && occupiedRuns(text.metadata).some(({ pvUuid }) => pvUuid === labelled);
  if (labelled === null || newest === undefined || !isEmptied(region) || !holdsLvs(newest)) return false;
  return newest.source.kind === 'disk'
    ? holdsLvs(newestTextIn(region, uuid))
    : !/^Created \*before\* executing .*\b(vgremove|vgreduce|vgsplit|vgmerge)\b/s.test(
        newest.metadata.description,
      );
}

/** From rings and files: the newest text with a proof, else the newest. */
function fromRemains(texts: readonly MetadataText[], survey: Survey): ChosenBase | null {
  const [newest] = texts;
  if (newest === undefined) return null;
  for (const text of texts) {
    const proof = proofOf(text, survey);
    if (proof !== 'none') return { base: text, baseProof: proof, sides: [text] };
  }
  return { base: newest, baseProof: 'none', sides: [newest] };
}

/** A VG known from files alone exists only if the disks' content agrees with the file. */
function fromFiles(texts: readonly MetadataText[], survey: Survey): ChosenBase | null {
  const unlabelled = new Set(
    standaloneRegions(survey)
      .filter((region) => labelledUuid(region) === null)
      .map((region) => region.id),
  );
  // A VG that was removed leaves its content on labelled, empty PVs: only a lost label is damage.
  const text = texts.find(
    (each) =>
      proofOf(each, survey) === 'content' &&
      survey.hypotheses.some(
        (guess) => guess.textDigest === each.digest && guess.agreements > 0 && unlabelled.has(guess.regionId),
      ),
  );
  return text === undefined ? null : { base: text, baseProof: 'content', sides: [text] };
}

/** What proves a text that no area has committed. */
export function proofOf(text: MetadataText, survey: Survey): BaseProof {
  const weighed = survey.hypotheses.filter((each) => each.textDigest === text.digest);
  const agreements = weighed.reduce((sum, each) => sum + each.agreements, 0);
  const contradictions = weighed.reduce((sum, each) => sum + each.contradictions, 0);
  if (contradictions > 0) return 'none';
  if (agreements > 0) return 'content';
  return copiesOf(text, survey) >= 2 ? 'twice' : 'none';
}

/** Areas that hold a text byte for byte, plus one if a file says the same. Legs mirror one area: they are no second. */
function copiesOf(text: MetadataText, survey: Survey): number {
  const areas = standaloneRegions(survey)
    .flatMap((region) => region.pv.metadataAreas)
    .filter((area) =>
      [area.committed?.text, ...area.olderTexts].some((each) => each?.digest === text.digest),
    );
  const inFile = survey.files.some(
    (file) =>
      file.metadata.uuid === text.metadata.uuid &&
      file.metadata.seqno === text.metadata.seqno &&
      extentMap(file.metadata) === extentMap(text.metadata),
  );
  return areas.length + (inFile && text.source.kind === 'disk' ? 1 : 0);
}
