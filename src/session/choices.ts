import { activatable, awaited, bootState } from '../engine/boot/bring-up.ts';
import { isFault } from '../engine/diagnose.ts';
import type { Known } from '../engine/look.ts';
import type { Policy } from '../model/finding.ts';
import { changesDisks, type Declined, type VgPlan } from '../model/plan.ts';
import type { Survey } from '../model/survey.ts';
import { type Choice, policyOf } from './state.ts';

const BEST_FIRST: readonly Policy[] = ['safe', 'degraded', 'ask', 'lossy'];

/**
 * What can be done, best first. `interrupted`: nothing else, until the earlier run is at its end. `canBoot`: this runs
 * in a boot that can go on. Pure.
 */
export function choicesOf(known: Known, interrupted: boolean, canBoot: boolean): Choice[] {
  if (interrupted) return [{ kind: 'recover', id: 'recover' }];
  const groups = known.prospects
    .map(({ plans }) => plans.filter(changesDisks))
    .filter((plans) => plans.length > 0);
  const single = groups.flat().map((plan): Choice => repairOf([plan]));
  const safe = groups.flatMap((plans) => plans.find(({ policy }) => policy === 'safe') ?? []);
  const all = [
    ...(safe.length > 1 ? [repairOf(safe)] : []),
    ...single,
    ...(canBoot ? activations(known) : []),
  ];
  const rank = (choice: Choice) => BEST_FIRST.indexOf(policyOf(choice));
  return all.toSorted((a, b) => rank(a) - rank(b));
}

const repairOf = (plans: readonly VgPlan[]): Choice => ({
  kind: 'repair',
  id: plans.map(({ volumeGroup, remedyId }) => `${volumeGroup.uuid}:${remedyId}`).join('+'),
  plans,
});

function activations({ survey }: Known): Choice[] {
  const { incompleteGroups } = bootState(survey);
  const groups = awaitedGroups(survey);
  const volumes = activatable(survey);
  return [
    ...(volumes.length > 0 ? [{ kind: 'activate', id: 'activate', volumes } as const] : []),
    ...(incompleteGroups.some((name) => groups.has(name))
      ? [{ kind: 'degraded', id: 'degraded' } as const]
      : []),
  ];
}

/** Names of the volume groups in which something lies that boot waits for. */
export const awaitedGroups = (survey: Survey): Set<string | undefined> =>
  new Set(awaited(survey).map(({ name }) => name.split('/')[0]));

/** What is left as it is when only these plans are carried out, and why. Pure. */
export function leftBy(plans: readonly VgPlan[], { findings, prospects }: Known, reason: string): Declined[] {
  const dealtWith = new Set([
    ...plans.flatMap(({ findingIds }) => findingIds),
    // What only activates follows every repair.
    ...prospects
      .flatMap((each) => each.plans)
      .filter((plan) => !changesDisks(plan))
      .flatMap(({ findingIds }) => findingIds),
  ]);
  return findings
    .filter((finding) => isFault(finding) && finding.explainedBy === null && !dealtWith.has(finding.id))
    .map(({ id, fault, volumeGroup }) => ({
      ...{ findingId: id, fault, volumeGroup },
      reason:
        prospects.flatMap(({ declined }) => declined).find(({ findingId }) => findingId === id)?.reason ??
        reason,
    }));
}
