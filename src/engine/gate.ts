import { doubtsOf } from '../faults/volume-group/certainty.ts';
import { formerIdOf } from '../faults/volume-group/identify.ts';
import type { VolumeGroupView } from '../faults/volume-group/view.ts';
import { type Lack, wholenessOf } from '../faults/volume-group/wholeness.ts';
import type { VgPlan } from '../model/plan.ts';
import { type Survey, standaloneRegions } from '../model/survey.ts';

/**
 * The one gate to `safe`. After all faults have spoken, and whatever they said: a plan is safe only if nothing is lost or in
 * doubt, no newer text stands anywhere, every LV of the last whole generation is in what it leaves, and every disk that it
 * writes to is proven by its own label, text or content. What falls short is said, and a person decides. Pure.
 */
export function throughGate(plan: VgPlan, view: VolumeGroupView, survey: Survey): VgPlan {
  const { kept, lacking, unknown } = wholenessOf(plan.goal.metadata, view, survey);
  const goal = { ...plan.goal, mustHold: kept };
  // What is given up here is said by the remedy itself; its goal says what must be left.
  if (plan.policy === 'lossy') return { ...plan, goal };
  const doubts = doubtsOf(view, survey);
  const losses = distinct(plan.losses, lacking.map(asLoss), doubts.losses);
  const caveats = distinct(plan.caveats, unknown, doubts.caveats, unprovenDisks(plan, view, survey));
  const isSafe = losses.length === 0 && caveats.length === 0;
  return { ...plan, losses, caveats, goal, policy: plan.policy === 'safe' && !isSafe ? 'ask' : plan.policy };
}

const asLoss = ({ lv, last, why }: Lack): string =>
  `logical volume ${lv.name}: generation ${last.metadata.seqno} has it whole; ${why}`;

const distinct = (...lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())];

function unprovenDisks(plan: VgPlan, view: VolumeGroupView, survey: Survey): string[] {
  const regions = standaloneRegions(survey);
  return Object.entries(plan.goal.regionOfPv).flatMap(([pvUuid, regionId]) => {
    const member = view.members.find(({ section }) => section.uuid === pvUuid);
    const isProven =
      member?.region?.id === regionId
        ? member.provenBy !== null
        : regions.some((region) => region.id === regionId && formerIdOf(region, view, regions) === pvUuid);
    return isProven
      ? []
      : [`nothing on ${regionId} shows that it is PV ${pvUuid}: its size alone proves nothing`];
  });
}
