import type { Finding, PlanChoice } from '../model/finding.ts';
import type { Survey } from '../model/survey.ts';
import { viewOf } from './evidence.ts';
import { isEmptied, textsIn } from './volume-group/pieces.ts';
import type { VolumeGroupView } from './volume-group/view.ts';

const UNKNOWN_OWNER =
  'no metadata text shows which physical volume of which volume group this is. Attach the other disks of the volume ' +
  "group, or put the guest's /etc/lvm/archive where LVM_SYSTEM_DIR points, and run lvmedic again.";

/**
 * The repair that label, area header and text damage share, and that works on every lvm version:
 * label and areas are made anew under the old id, then the VG's text is written to all PVs.
 */
export function rebuildChoice(finding: Finding, survey: Survey): PlanChoice {
  const view = viewOf(finding, survey);
  if (view === undefined || finding.pvUuid === null || finding.regionId === null) {
    return { kind: 'declined', reason: UNKNOWN_OWNER, choices: [] };
  }
  const region = view.members.find((member) => member.region?.id === finding.regionId)?.region ?? null;
  const alive = region?.signatures.filter((signature) => signature.live) ?? [];
  const caveats = [
    ...madeAnew(view, finding.regionId, survey),
    ...alive.map(
      (each) => `${finding.regionId} holds a ${each.type} that is in one piece: somebody may be using it`,
    ),
  ];
  const choice = {
    id: 'rebuild',
    policy: caveats.length === 0 ? ('safe' as const) : ('ask' as const),
    title: 'write label and metadata of this physical volume anew',
    caveats,
    losses: alive.map((each) => `the ${each.type} on ${finding.regionId} is overwritten`),
    intents: [
      { kind: 'rebuild-pv' as const, pvUuid: finding.pvUuid, regionId: finding.regionId },
      ...(view.baseProof === 'committed' ? [] : [{ kind: 'base' as const, text: view.base }]),
    ],
  };
  return { kind: 'plan', choices: [choice] };
}

/**
 * A disk that was made a new physical volume under another id may serve for something else since: what stands there must show
 * that it does not.
 */
function madeAnew(view: VolumeGroupView, regionId: string, survey: Survey): string[] {
  const member = view.members.find(({ region }) => region?.id === regionId);
  if (member?.standing !== 'relabelled' || member.region === null) return [];
  const others = textsIn(member.region).filter(({ metadata }) => metadata.uuid !== view.ref.uuid);
  const hasAgreed = survey.hypotheses.some(
    (each) => each.regionId === regionId && each.pvUuid === member.section.uuid && each.agreements > 0,
  );
  return [
    ...(others.length > 0
      ? ['the disk was part of another volume group too: its extents may hold other data']
      : []),
    ...(isEmptied(member.region) && !hasAgreed
      ? [
          `${regionId} was made a new physical volume since, and no filesystem on it shows that it still holds what ${view.ref.name} had there`,
        ]
      : []),
  ];
}
