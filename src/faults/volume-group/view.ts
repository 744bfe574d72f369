import type { VolumeGroupRef } from '../../model/finding.ts';
import { type MetadataText, type Region, type Survey, standaloneRegions } from '../../model/survey.ts';
import { type BaseProof, chooseBase } from './base.ts';
import { identifyMembers } from './identify.ts';
import { type Commitment, labelledUuid, type Member, textsIn } from './pieces.ts';

/** How the pieces that a survey found fit together to one volume group. */
export interface VolumeGroupView {
  readonly ref: VolumeGroupRef;
  /** Texts that stand committed, and right, in an area that is in use. */
  readonly committed: readonly Commitment[];
  /** The distinct texts that claim the newest seqno; more than one is a split brain. */
  readonly sides: readonly MetadataText[];
  /** The newest generation that can be proven, and how. */
  readonly base: MetadataText;
  readonly baseProof: BaseProof;
  /** The highest seqno in any text of this VG that parses, wherever it stands. */
  readonly seqnoSeen: number;
  /** Every distinct text of this VG, newest first. */
  readonly texts: readonly MetadataText[];
  /** The PVs of `base`. */
  readonly members: readonly Member[];
  /** Regions that carry texts of this VG, or the label of a PV it had, but are none of its members. */
  readonly outsiders: readonly Region[];
}

/** True when one of its physical volumes is on none of the disks. */
export const isIncomplete = ({ members }: VolumeGroupView): boolean =>
  members.some(({ region }) => region === null);

const views = new WeakMap<Survey, VolumeGroupView[]>();

/** Every volume group that the survey shows signs of life of. Pure; the same survey gives the same views. */
export function volumeGroups(survey: Survey): VolumeGroupView[] {
  const known = views.get(survey);
  if (known !== undefined) return known;
  const made = [...vgUuidsIn(survey)].flatMap((uuid) => assemble(uuid, survey) ?? []);
  views.set(survey, made);
  return made;
}

function vgUuidsIn(survey: Survey): Set<string> {
  const texts = [...standaloneRegions(survey).flatMap(textsIn), ...survey.files];
  return new Set(texts.map((text) => text.metadata.uuid));
}

function assemble(uuid: string, survey: Survey): VolumeGroupView | null {
  const regions = standaloneRegions(survey);
  const texts = distinct(
    [...regions.flatMap(textsIn), ...survey.files].filter((text) => text.metadata.uuid === uuid),
  );
  const carriers = carriersOf(uuid, texts, regions);
  const committed = commitments(uuid, carriers);
  const chosen = chooseBase(uuid, committed, texts, carriers, survey);
  if (chosen === null) return null;
  const members = identifyMembers(chosen.base, carriers, regions, survey);
  const memberIds = new Set(members.flatMap((member) => member.candidates.map((region) => region.id)));
  return {
    ref: { name: chosen.base.metadata.name, uuid },
    committed,
    ...chosen,
    seqnoSeen: texts.reduce((max, text) => Math.max(max, text.metadata.seqno), 0),
    texts,
    members,
    outsiders: carriers.filter((region) => !memberIds.has(region.id)),
  };
}

/** Regions that have to do with a VG: they hold texts of it, or the label of a PV that a text of it names. */
export function carriersOf(
  uuid: string,
  texts: readonly MetadataText[],
  regions: readonly Region[],
): Region[] {
  const pvUuids = new Set(texts.flatMap((text) => text.metadata.pvs.map((pv) => pv.uuid)));
  return regions.filter(
    (region) =>
      pvUuids.has(labelledUuid(region) ?? '') || textsIn(region).some((text) => text.metadata.uuid === uuid),
  );
}

/**
 * What stands committed for this VG. A region without a good label counts as well (its label is damaged),
 * unless something else was put on it since: then its texts are remains.
 */
function commitments(uuid: string, carriers: readonly Region[]): Commitment[] {
  const found = carriers.flatMap((region) =>
    region.pv.metadataAreas
      .filter((area) => area.headerGood && !area.ignored)
      .flatMap((area): Commitment[] => {
        const committed = area.committed;
        if (committed?.good && committed.text)
          return [{ region, area, text: committed.text, corrected: false }];
        const corrected = committed?.corrected;
        return corrected ? [{ region, area, text: corrected.text, corrected: true }] : [];
      })
      .filter((each) => each.text.metadata.uuid === uuid),
  );
  const alive = found.some((each) => labelledUuid(each.region) !== null);
  return alive ? found : found.filter((each) => each.region.signatures.length === 0);
}

function distinct(texts: readonly MetadataText[]): MetadataText[] {
  const byDigest = new Map(texts.map((text) => [text.digest, text]));
  return [...byDigest.values()].sort((a, b) => b.metadata.seqno - a.metadata.seqno);
}
