import { faultCalled } from '../faults/catalogue.ts';
import { blockersOf, lvsAffectedBy, notUnderstood } from '../faults/volume-group/blockers.ts';
import { type VolumeGroupView, volumeGroups } from '../faults/volume-group/view.ts';
import type { Choice, Finding, PlanChoice, Policy } from '../model/finding.ts';
import type { Declined, VgPlan } from '../model/plan.ts';
import type { Survey } from '../model/survey.ts';
import { compose } from './compose.ts';
import { isFault } from './diagnose.ts';

/** What can be done about one volume group. */
export interface Prospect {
  readonly volumeGroup: Finding['volumeGroup'];
  /** Best first; each deals with the VG as a whole. */
  readonly plans: readonly VgPlan[];
  /** Findings that no plan deals with, and why. */
  readonly declined: readonly Declined[];
}

/** Turns findings into plans, one prospect per volume group that something is wrong with. Pure. */
export function prospects(survey: Survey, findings: readonly Finding[]): Prospect[] {
  const strangers = findings.filter((each) => each.volumeGroup === null && isFault(each));
  const groups = volumeGroups(survey).flatMap((view) => {
    const all = findings.filter((each) => each.volumeGroup?.uuid === view.ref.uuid && isFault(each));
    const mine = all.filter((each) => !isConsequence(each));
    return mine.length === 0 ? [] : [prospectOf(view, mine, survey)];
  });
  if (strangers.length === 0) return groups;
  const declined = strangers.map((finding) => decline(finding, reasonOf(ask(finding, survey))));
  return [...groups, { volumeGroup: null, plans: [], declined }];
}

/** It needs no plan of its own: what it follows from has one, or is declined. */
const isConsequence = (finding: Finding): boolean =>
  finding.explainedBy !== null && faultCalled(finding.fault)?.consequence === true;

const reasonOf = (choice: PlanChoice): string => (choice.kind === 'declined' ? choice.reason : '');

interface Answer {
  readonly finding: Finding;
  readonly choice: PlanChoice;
}

function prospectOf(view: VolumeGroupView, findings: readonly Finding[], survey: Survey): Prospect {
  const volumeGroup = view.ref;
  // Activating harms no volume that is in use.
  const activates = findings.every((finding) => faultCalled(finding.fault)?.consequence === true);
  const blockers = activates ? notUnderstood(view.base.metadata) : blockersOf(view, survey);
  if (blockers.length > 0) {
    const reason = `volume group ${view.ref.name} is left alone: ${blockers.join('; ')}`;
    return { volumeGroup, plans: [], declined: findings.map((finding) => decline(finding, reason)) };
  }
  const answers = findings.map((finding) => ({ finding, choice: ask(finding, survey) }));
  const declining = answers.filter((each) => each.choice.kind === 'declined');
  if (declining.length === 0) {
    const plans = plansFor(view, answers, survey);
    // An older generation or another side may hold what the newest does not: that must be understood, too.
    const unclear = [...new Set(plans.flatMap((plan) => notUnderstood(plan.goal.metadata)))];
    if (unclear.length === 0) return { volumeGroup, plans, declined: [] };
    return { volumeGroup, plans: [], declined: findings.map((each) => decline(each, unclear.join('; '))) };
  }
  return besideDeclined(view, answers, declining, survey);
}

function ask(finding: Finding, survey: Survey): PlanChoice {
  const fault = faultCalled(finding.fault);
  if (fault === undefined) throw new Error(`finding of unknown fault ${finding.fault}`);
  return fault.plan(finding, survey);
}

/** The plan of every finding's first choice, then one for each other choice in its place. */
function plansFor(view: VolumeGroupView, answers: readonly Answer[], survey: Survey): VgPlan[] {
  const firsts = answers.map(({ choice }) => choice.choices[0]).filter((choice) => choice !== undefined);
  const findingIds = answers.map(({ finding }) => finding.id);
  const main = compose(view, firsts, findingIds, survey);
  const others = answers.flatMap(({ choice }, index) =>
    choice.choices
      .slice(1)
      .map((other) => compose(view, firsts.with(index, other), findingIds, survey, other.id)),
  );
  return [main, ...others];
}

/**
 * Something cannot be dealt with. What is left is done all the same if every LV is whole without it and lvm
 * allows it (it takes a MISSING flag back, but restores no text while a PV is absent).
 */
function besideDeclined(
  view: VolumeGroupView,
  answers: readonly Answer[],
  declining: readonly Answer[],
  survey: Survey,
): Prospect {
  const volumeGroup = view.ref;
  const absent = view.members.filter((member) => member.region === null).map((member) => member.section.uuid);
  const rest = answers.filter((each) => !declining.includes(each));
  const choices = rest.flatMap(({ choice }) => choice.choices[0] ?? []);
  const canFlag = choices.every((choice) =>
    choice.intents.every((intent) => intent.kind === 'clear-missing'),
  );
  const whole = lvsAffectedBy(new Set(absent), view.base.metadata).length === 0;
  const reasons = declining.map(({ finding, choice }) => decline(finding, reasonOf(choice)));
  if (rest.length > 0 && canFlag && whole) {
    const plan = compose(
      view,
      choices,
      rest.map(({ finding }) => finding.id),
      survey,
    );
    return { volumeGroup, plans: [plan], declined: reasons };
  }
  const because = reasons.map((each) => each.reason).join(' ');
  return {
    volumeGroup,
    plans: rest.length === 0 ? lastResorts(view, declining, survey) : [],
    declined: [
      ...reasons,
      ...rest.map(({ finding }) =>
        decline(finding, `not before the rest of the volume group is in order: ${because}`),
      ),
    ],
  };
}

function lastResorts(view: VolumeGroupView, declining: readonly Answer[], survey: Survey): VgPlan[] {
  const ids = declining.map(({ finding }) => finding.id);
  const choices = declining.flatMap(({ choice }) => choice.choices);
  const distinct = [...new Map(choices.map((choice): [string, Choice] => [choice.id, choice])).values()];
  return distinct.map((choice) => compose(view, [choice], ids, survey, choice.id));
}

function decline(finding: Finding, reason: string): Declined {
  return { volumeGroup: finding.volumeGroup, fault: finding.fault, findingId: finding.id, reason };
}

/** Which plan a run may carry out by itself. */
export interface Permission {
  readonly policy: Policy;
  /** A remedy named by a person, for one VG; it may be of any policy. */
  readonly remedy: { readonly id: string; readonly vg: string } | null;
}

export interface Selection {
  readonly plans: readonly VgPlan[];
  readonly declined: readonly Declined[];
}

const ALLOWED: Readonly<Record<Policy, readonly Policy[]>> = {
  report: [],
  safe: ['safe'],
  degraded: ['safe', 'degraded'],
  lossy: ['safe', 'degraded'],
  ask: ['safe', 'degraded'],
  config: ['safe', 'degraded'],
};

/** Whether a policy lets happen what needs this one. */
export const permits = (policy: Policy, needed: Policy): boolean => ALLOWED[policy].includes(needed);

/** The plans that may run without a further question, and what stays undone for want of one. Pure. */
export function select(
  prospect: readonly Prospect[],
  findings: readonly Finding[],
  may: Permission,
): Selection {
  const plans: VgPlan[] = [];
  const declined: Declined[] = [];
  for (const each of prospect) {
    declined.push(...each.declined);
    const named = each.plans.find(
      (plan) =>
        may.policy !== 'report' &&
        plan.remedyId === may.remedy?.id &&
        plan.volumeGroup.name === may.remedy.vg,
    );
    const allowed = named ?? each.plans.find((plan) => permits(may.policy, plan.policy));
    if (allowed !== undefined) plans.push(allowed);
    else declined.push(...forWantOfConsent(each, findings, may.policy));
  }
  const chosen = new Set(plans.flatMap((plan) => plan.findingIds));
  return { plans, declined: declined.filter((each) => !chosen.has(each.findingId)) };
}

function forWantOfConsent(prospect: Prospect, findings: readonly Finding[], policy: Policy): Declined[] {
  const [plan] = prospect.plans;
  if (plan === undefined) return [];
  const told = new Set(prospect.declined.map((each) => each.findingId));
  const why = policy === 'report' ? ['the policy is to report only'] : [...plan.caveats, ...plan.losses];
  const how = `A person may decide: --remedy ${plan.remedyId} --vg ${plan.volumeGroup.name}`;
  return findings
    .filter((finding) => plan.findingIds.includes(finding.id) && !told.has(finding.id))
    .map((finding) => decline(finding, `${why.join('; ')}. ${how}`));
}
