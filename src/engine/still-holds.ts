import { isDeepStrictEqual } from 'node:util';
import type { VgPlan } from '../model/plan.ts';
import { err, ok, type Result } from '../model/result.ts';
import { look } from './look.ts';
import type { Notify, System } from './ports.ts';
import { interruptedRun } from './undo/interrupted.ts';

/**
 * Whether plans that a person agreed to are still the answer to what is there: disks come and go while a question stands,
 * volumes are mounted, others repair. The error says what to do.
 */
export function stillHolds(plans: readonly VgPlan[], system: System, notify: Notify): Result<void, string> {
  const now = look(system, notify);
  if (!now.ok) return now;
  const open = now.value.prospects.flatMap((prospect) => prospect.plans);
  const isSame = plans.every((plan) =>
    open.some((other) => isDeepStrictEqual(substanceOf(other), substanceOf(plan))),
  );
  return isSame && interruptedRun(now.value.survey, system) === null
    ? ok(undefined)
    : err('the disks or volumes have changed since they were looked at, and nothing was done: look again');
}

/** What was agreed to: what is done where, with what it costs, and what comes of it. */
const substanceOf = ({ volumeGroup, remedyId, steps, regionIds, losses, caveats, goal }: VgPlan) => ({
  ...{ volumeGroup, remedyId, regionIds, losses, caveats },
  steps: steps.map((step) => ({ ...step, why: '' })),
  seqnoAfter: goal.seqnoAfter,
  regionOfPv: goal.regionOfPv,
  absentPvUuids: goal.absentPvUuids,
  lvs: goal.metadata.lvs,
});
