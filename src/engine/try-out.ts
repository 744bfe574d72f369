import type { Finding } from '../model/finding.ts';
import { changesDisks, type VgPlan } from '../model/plan.ts';
import type { Known } from './look.ts';
import type { Prospect } from './plan.ts';
import type { Notify, System } from './ports.ts';
import { type PlanRehearsal, type Rehearsal, rehearse } from './rehearse.ts';

/**
 * Rehearses every plan before it is shown, and offers those that passed alone. What a person asked to stop is left untried,
 * and so said.
 */
export async function tryOut(known: Known, system: System, notify: Notify): Promise<Known> {
  const tried: PlanRehearsal[] = [];
  for (const plan of known.prospects.flatMap(({ plans }) => plans).filter(changesDisks)) {
    if (system.stopRequested()) break;
    tried.push({ plan, rehearsal: await rehearse(plan, known.survey, system, notify) });
  }
  const failed = tried.filter(({ rehearsal }) => rehearsal.plan === null);
  return {
    ...known,
    prospects: known.prospects.map((prospect) => withoutFailed(prospect, failed, known.findings)),
    tried,
  };
}

/** What did not work on copies is no choice; a finding that has no other is declined for it. */
function withoutFailed(
  prospect: Prospect,
  failed: readonly PlanRehearsal[],
  findings: readonly Finding[],
): Prospect {
  const mine = failed.filter(({ plan }) => prospect.plans.includes(plan));
  if (mine.length === 0) return prospect;
  const plans = prospect.plans.filter((plan) => mine.every((each) => each.plan !== plan));
  const reasonFor = (id: string) =>
    mine
      .filter(({ plan }) => plan.findingIds.includes(id))
      .map(({ plan, rehearsal }) => notOffered(plan, rehearsal));
  const declined = prospect.declined.map((each) => ({
    ...each,
    reason: [each.reason, ...reasonFor(each.findingId)].join(' '),
  }));
  const settled = new Set([
    ...plans.flatMap(({ findingIds }) => findingIds),
    ...declined.map(({ findingId }) => findingId),
  ]);
  const added = findings
    .filter(({ id }) => !settled.has(id) && reasonFor(id).length > 0)
    .map(({ id, fault, volumeGroup }) => ({
      volumeGroup,
      fault,
      findingId: id,
      reason: reasonFor(id).join(' '),
    }));
  return { ...prospect, plans, declined: [...declined, ...added] };
}

const notOffered = ({ title }: VgPlan, { failures }: Rehearsal): string =>
  `Tried on copies of the metadata and not offered, for it did not come out as planned: ${title} (${failures.join('; ')}).`;
