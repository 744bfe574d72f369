import { mapErrors } from '../faults/volume-group/blockers.ts';
import { volumeGroups } from '../faults/volume-group/view.ts';
import { isVisible, lvSizeExtents } from '../model/extents.ts';
import type { VgPlan } from '../model/plan.ts';
import { allRegions, type Survey } from '../model/survey.ts';
import { apply } from './apply.ts';
import type { Notify, System } from './ports.ts';
import { spansOf } from './spans.ts';
import { resurvey } from './survey/survey.ts';
import { unmet } from './verify.ts';

declare const rehearsed: unique symbol;
/** A plan that reached its goal on replicas. Only `rehearse` makes one. */
export type RehearsedPlan = VgPlan & { readonly [rehearsed]: true };

export interface Rehearsal {
  /** `replica`: the very commands ran on copies of the metadata. `model`: only our own model of them did. */
  readonly kind: 'replica' | 'model';
  /** Why it was not on replicas; null when it was. */
  readonly notReplica: string | null;
  /** Null when it failed. */
  readonly plan: RehearsedPlan | null;
  /** Why it failed, as sentences. */
  readonly failures: readonly string[];
  /** What each top-level LV would be. */
  readonly volumes: readonly RehearsedVolume[];
  /** The generation that the replicas ended at; null where that is not known. */
  readonly generation: number | null;
}

/** A plan, and what came of trying it. */
export interface PlanRehearsal {
  readonly plan: VgPlan;
  readonly rehearsal: Rehearsal;
}

export interface RehearsedVolume {
  readonly name: string;
  readonly sizeBytes: number;
}

/** Proves a plan on replicas of the metadata; where none can be had, on our model, and says so. */
export async function rehearse(
  plan: VgPlan,
  survey: Survey,
  system: System,
  notify: Notify,
): Promise<Rehearsal> {
  notify({ type: 'phase', phase: 'rehearse', detail: plan.volumeGroup.name });
  const regions = allRegions(survey).filter((each) => plan.regionIds.includes(each.id));
  const opened = await system.openReplicas(regions, plan.texts, spansOf(plan));
  if (!opened.ok) return outcome(plan, 'model', opened.error, modelFailures(plan));
  const target = opened.value;
  try {
    const done = await apply({ target, plan }, system.runner, notify);
    if (!done.ok) return outcome(plan, 'replica', null, [done.error.message]);
    await target.forgetCached();
    const after = resurvey(survey, (id) => (plan.regionIds.includes(id) ? target.reader(id) : null));
    return outcome(plan, 'replica', null, unmet(plan, after), generationIn(after, plan));
  } finally {
    await target.release();
  }
}

const generationIn = (survey: Survey, { volumeGroup }: VgPlan): number | null =>
  volumeGroups(survey).find(({ ref }) => ref.uuid === volumeGroup.uuid)?.base.metadata.seqno ?? null;

function outcome(
  plan: VgPlan,
  kind: Rehearsal['kind'],
  notReplica: string | null,
  failures: readonly string[],
  generation: number | null = null,
): Rehearsal {
  const { lvs, extentSizeSectors } = plan.goal.metadata;
  return {
    kind,
    notReplica,
    generation,
    plan: failures.length === 0 ? (plan as RehearsedPlan) : null,
    failures,
    volumes: lvs
      .filter(isVisible)
      .map((lv) => ({ name: lv.name, sizeBytes: lvSizeExtents(lv) * extentSizeSectors * 512 })),
  };
}

/** What our own model can see against a plan: an impossible map, a PV without a disk, a text that is too large. */
function modelFailures(plan: VgPlan): string[] {
  const { metadata, regionOfPv, absentPvUuids } = plan.goal;
  const homeless = metadata.pvs.filter((pv) => !regionOfPv[pv.uuid] && !absentPvUuids.includes(pv.uuid));
  return [...mapErrors(metadata), ...homeless.map((pv) => `PV ${pv.uuid} has no disk`)];
}
