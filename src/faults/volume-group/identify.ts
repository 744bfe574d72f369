import type { PvSection } from '../../model/metadata.ts';
import type { MetadataText, Region, Survey } from '../../model/survey.ts';
import { belongsToAnother, labelledUuid, type Member, newestTextIn, textsIn } from './pieces.ts';

const SECTOR_BYTES = 512;
/** Characters of 32 in which a damaged header's id may differ from a PV's and still point at it. */
const NEAR_ID_DIFFERENCES = 4;

/** Finds the region of every PV of a generation: by its label, else by what stands in regions that no label explains. */
export function identifyMembers(
  base: MetadataText,
  carriers: readonly Region[],
  regions: readonly Region[],
  survey: Survey,
): Member[] {
  const vgUuid = base.metadata.uuid;
  const labelled = base.metadata.pvs.map((section) => byLabel(section, vgUuid, regions));
  const missing = labelled.filter((member) => member.standing === 'absent').map((member) => member.section);
  const found = matchUnlabelled(base, missing, carriers, regions, survey);
  return labelled.map((member) =>
    member.standing === 'absent' ? (found.get(member.section.uuid) ?? member) : member,
  );
}

function byLabel(section: PvSection, vgUuid: string, regions: readonly Region[]): Member {
  const candidates = regions.filter((region) => labelledUuid(region) === section.uuid);
  const [region] = candidates;
  const base = { section, candidates, identifiedBy: 'its label', provenBy: null };
  if (region === undefined) return { ...base, standing: 'absent', region: null };
  if (candidates.length > 1) return { ...base, standing: 'duplicate', region: null };
  return belongsToAnother(region, vgUuid)
    ? { ...base, standing: 'taken', region }
    : { ...base, standing: 'present', region, provenBy: 'label' };
}

/**
 * Regions that can be a PV that no label names: those that carry the VG's texts, without a label or with one that the VG
 * never knew, then those of unknown content.
 */
export function candidatesFor(
  vgUuid: string,
  carriers: readonly Region[],
  regions: readonly Region[],
): Region[] {
  // An area in good order without a text was emptied by lvm itself (vgreduce, vgremove): nothing was lost there.
  const hasEmptyArea = ({ pv }: Region) =>
    pv.metadataAreas.some((area) => area.headerGood && area.committed === null);
  const bare = (region: Region) =>
    labelledUuid(region) === null && region.sizeBytes > 0 && !hasEmptyArea(region);
  const carrying = carriers.filter(
    (region) => (bare(region) || isRelabelled(region, vgUuid)) && newestTextIn(region, vgUuid) !== undefined,
  );
  const unknown = regions.filter(
    (region) =>
      bare(region) && !carrying.includes(region) && region.pv.metadataAreas.every((area) => !area.headerGood),
  );
  return [...carrying, ...unknown];
}

/** True when the label gives an id that no text of the VG in this region knows, and the region is no other VG's. */
function isRelabelled(region: Region, vgUuid: string): boolean {
  const labelled = labelledUuid(region);
  const mine = textsIn(region).filter(({ metadata }) => metadata.uuid === vgUuid);
  return (
    labelled !== null &&
    mine.length > 0 &&
    !belongsToAnother(region, vgUuid) &&
    !mine.some(({ metadata }) => metadata.pvs.some(({ uuid }) => uuid === labelled))
  );
}

/**
 * Which PV a region was by the newest text of the VG that was written to it: lvm writes a text to members only, so it was
 * one of those, and none whose label stands on another region. Null where that leaves several of its size.
 */
function singledOut(region: Region, vgUuid: string, regions: readonly Region[]): PvSection | null {
  const labels = new Set(regions.map(labelledUuid));
  const open = (newestTextIn(region, vgUuid)?.metadata.pvs ?? []).filter(
    (section) => !labels.has(section.uuid) && sizeFits(section, region),
  );
  return open.length === 1 ? (open[0] ?? null) : null;
}

/** The id that a disk had in a VG which does not know it now: its label's, or that which its texts single out. */
export function formerIdOf(
  region: Region,
  { ref, texts }: { readonly ref: { readonly uuid: string }; readonly texts: readonly MetadataText[] },
  regions: readonly Region[],
): string | null {
  const labelled = labelledUuid(region);
  const isKnown = texts.some(({ metadata }) => metadata.pvs.some(({ uuid }) => uuid === labelled));
  return isKnown ? labelled : (singledOut(region, ref.uuid, regions)?.uuid ?? null);
}

export function sizeFits(section: PvSection, region: Region): boolean {
  return section.devSizeSectors === null || section.devSizeSectors * SECTOR_BYTES === region.sizeBytes;
}

/** Pairs PVs without a label with regions without one. A pair is believed only if it is the best for both of its sides. */
function matchUnlabelled(
  base: MetadataText,
  missing: readonly PvSection[],
  carriers: readonly Region[],
  regions: readonly Region[],
  survey: Survey,
): Map<string, Member> {
  const vgUuid = base.metadata.uuid;
  const candidates = candidatesFor(vgUuid, carriers, regions);
  const pairs = missing.flatMap((section) =>
    candidates.flatMap((region) => weigh(section, region, { base, carriers, regions, survey }) ?? []),
  );
  const found = new Map<string, Member>();
  const taken = new Set<string>();
  for (const pair of [...pairs].sort((a, b) => b.weight - a.weight)) {
    if (found.has(pair.section.uuid) || taken.has(pair.region.id)) continue;
    const rivals = pairs.filter(
      (other) =>
        other !== pair &&
        other.weight === pair.weight &&
        !taken.has(other.region.id) &&
        (other.section === pair.section) !== (other.region === pair.region),
    );
    const certain = rivals.length === 0 && pair.weight >= WEIGHT.certain;
    found.set(pair.section.uuid, {
      section: pair.section,
      standing: certain ? standingOf(pair.region) : 'uncertain',
      region: certain ? pair.region : null,
      provenBy: certain ? pair.by : null,
      candidates: certain
        ? [pair.region]
        : pairs.filter((each) => each.section === pair.section).map((each) => each.region),
      identifiedBy: pair.reason,
    });
    if (certain) taken.add(pair.region.id);
  }
  return found;
}

const standingOf = (region: Region) => (labelledUuid(region) === null ? 'unlabelled' : 'relabelled');

interface Pair {
  readonly section: PvSection;
  readonly region: Region;
  readonly weight: number;
  readonly by: Member['provenBy'];
  readonly reason: string;
}

/** Each weight beats all those below it; from `certain` on a pair is believed if it has no rival. */
const WEIGHT = {
  content: 50,
  nearId: 40,
  carries: 30,
  certain: 30,
  elimination: 20,
  /** The VG's texts alone do not say which of its PVs, past or present, this was. */
  carriesOnly: 15,
  possible: 10,
} as const;

interface Surroundings {
  readonly base: MetadataText;
  readonly carriers: readonly Region[];
  readonly regions: readonly Region[];
  readonly survey: Survey;
}

function weigh(
  section: PvSection,
  region: Region,
  { base, carriers, regions, survey }: Surroundings,
): Pair | null {
  const content = survey.hypotheses.find(
    (each) => each.textDigest === base.digest && each.pvUuid === section.uuid && each.regionId === region.id,
  );
  const agreements = content?.agreements ?? 0;
  const contradictions = content?.contradictions ?? 0;
  const carries = carriers.includes(region);
  const pair = (weight: number, by: Pair['by'], reason: string): Pair => ({
    section,
    region,
    weight,
    by,
    reason,
  });
  if (agreements > 0 && contradictions === 0) {
    const weight = WEIGHT.content + (carries ? 5 : 0);
    return pair(weight, 'content', 'filesystems stand where this PV holds them');
  }
  if (carries && contradictions === 0 && roomFor(section, region, base)) {
    if (nearId(section, region)) {
      return pair(WEIGHT.nearId, 'label', "it carries this VG's texts and what is left of this PV's label");
    }
    return singledOut(region, base.metadata.uuid, regions)?.uuid === section.uuid
      ? pair(WEIGHT.carries, 'text', "of all PVs in this VG's texts on it, only this one is nowhere else")
      : pair(WEIGHT.carriesOnly, null, "it carries this VG's texts, and its extents fit");
  }
  if (labelledUuid(region) !== null || !sizeFits(section, region)) return null;
  const alive = region.signatures.some((signature) => signature.live);
  if (contradictions > 0 && agreements === 0 && !alive) return null;
  // Bytes at the head that nobody knows may be a format that lvmedic does not know.
  const isHeadExplained = region.headBlank || region.signatures.length > 0;
  if (content?.dataSeen === true && agreements === 0 && !alive && isHeadExplained) {
    const reason = 'it has exactly the size of this PV and holds data where its LVs stand';
    return pair(WEIGHT.elimination, null, reason);
  }
  return agreements > 0 || alive || content?.dataSeen === true
    ? pair(WEIGHT.possible, null, 'it has exactly the size of this PV, but something else stands on it')
    : null;
}

function roomFor(section: PvSection, region: Region, base: MetadataText): boolean {
  const endSectors = section.peStartSectors + section.peCount * base.metadata.extentSizeSectors;
  return endSectors * SECTOR_BYTES <= region.sizeBytes;
}

function nearId(section: PvSection, region: Region): boolean {
  const left = region.pv.header?.uuid.replaceAll('-', '') ?? '';
  const whole = section.uuid.replaceAll('-', '');
  if (left.length !== whole.length) return false;
  const differences = [...whole].filter((character, index) => character !== left[index]).length;
  return differences <= NEAR_ID_DIFFERENCES;
}
