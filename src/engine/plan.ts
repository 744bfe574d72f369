import { faultCalled } from '../faults/catalogue.ts';
import { blockersOf, lvsAffectedBy, mapErrors, notUnderstood } from '../faults/volume-group/blockers.ts';
import { type VolumeGroupView, volumeGroups } from '../faults/volume-group/view.ts';
import type { Choice, Finding, PlanChoice, Policy } from '../model/finding.ts';
import { changesDisks, type Declined, type VgPlan } from '../model/plan.ts';
import type { Survey } from '../model/survey.ts';
import { compose } from './compose.ts';
import { isFault } from './diagnose.ts';
import { throughGate } from './gate.ts';
import { consent, meaning, type Named, type NamedRemedy, namesakesOf, whichOne } from './named-remedy.ts';
import { tooMuchToKeep } from './spans.ts';

/** What can be done about one volume group. */
export interface Prospect extends Named {
  /** Best first; each deals with the VG as a whole. */
  readonly plans: readonly VgPlan[];
  /** Findings that no plan deals with, and why. */
  readonly declined: readonly Declined[];
}

/** Turns findings into plans, one prospect per volume group that something is wrong with. Pure. */
export function prospects(survey: Survey, findings: readonly Finding[]): Prospect[] {
  const strangers = findings.filter((each) => each.volumeGroup === null && isFault(each));
  const views = volumeGroups(survey);
  const refs = views.map((view) => view.ref);
  const groups = views.flatMap((view): Prospect[] => {
    const all = findings.filter((each) => each.volumeGroup?.uuid === view.ref.uuid && isFault(each));
    const mine = all.filter((each) => !isConsequence(each));
    if (mine.length === 0) return [];
    const outlook = keepable(outlookOf(view, mine, survey), view, mine, survey);
    return [{ volumeGroup: view.ref, namesakes: namesakesOf(view.ref, refs), ...outlook }];
  });
  if (strangers.length === 0) return groups;
  const declined = strangers.map((finding) => decline(finding, reasonOf(ask(finding, survey))));
  return [...groups, { volumeGroup: null, namesakes: [], plans: [], declined }];
}

/** It needs no plan of its own: what it follows from has one, or is declined. */
const isConsequence = (finding: Finding): boolean =>
  finding.explainedBy !== null && faultCalled(finding.fault)?.consequence === true;

const reasonOf = (choice: PlanChoice): string => (choice.kind === 'declined' ? choice.reason : '');

interface Answer {
  readonly finding: Finding;
  readonly choice: PlanChoice;
}

type Outlook = Pick<Prospect, 'plans' | 'declined'>;

function outlookOf(view: VolumeGroupView, findings: readonly Finding[], survey: Survey): Outlook {
  // Activating harms no volume that is in use.
  const activates = findings.every((finding) => faultCalled(finding.fault)?.consequence === true);
  const blockers = activates ? notUnderstood(view.base.metadata) : blockersOf(view, survey);
  if (blockers.length > 0) return leftAlone(view, findings, blockers);
  const answers = findings.map((finding) => ({ finding, choice: ask(finding, survey) }));
  const declining = answers.filter((each) => each.choice.kind === 'declined');
  if (declining.length === 0) {
    const plans = plansFor(view, answers, survey);
    // An older generation or another side may hold what the newest does not: that must be understood, too.
    const goals = plans.map(({ goal }) => goal.metadata);
    const unclear = [...new Set(goals.flatMap((goal) => [...notUnderstood(goal), ...mapErrors(goal)]))];
    if (unclear.length === 0) return { plans, declined: [] };
    return { plans: [], declined: findings.map((each) => decline(each, unclear.join('; '))) };
  }
  return besideDeclined(view, answers, declining, survey);
}

function leftAlone(view: VolumeGroupView, findings: readonly Finding[], reasons: readonly string[]): Outlook {
  const reason = `volume group ${view.ref.name} is left alone: ${reasons.join('; ')}`;
  return { plans: [], declined: findings.map((finding) => decline(finding, reason)) };
}

/** No plan whose way back would be larger than can be kept. */
function keepable(
  outlook: Outlook,
  view: VolumeGroupView,
  findings: readonly Finding[],
  survey: Survey,
): Outlook {
  const reasons = outlook.plans.filter(changesDisks).flatMap((plan) => tooMuchToKeep(plan, survey));
  return reasons.length === 0 ? outlook : leftAlone(view, findings, [...new Set(reasons)]);
}

function ask(finding: Finding, survey: Survey): PlanChoice {
  const fault = faultCalled(finding.fault);
  if (fault === undefined) throw new Error(`finding of unknown fault ${finding.fault}`);
  return fault.plan(finding, survey);
}

/** What faults want, made one plan, and judged by what no fault knows. */
function planFor(
  view: VolumeGroupView,
  choices: readonly Choice[],
  findingIds: readonly string[],
  survey: Survey,
  remedyId?: string,
): VgPlan {
  const plan = compose(view, choices, findingIds, survey, remedyId);
  return changesDisks(plan) ? throughGate(plan, view, survey) : plan;
}

/** The plan of every finding's first choice, then one for each other choice in its place. */
function plansFor(view: VolumeGroupView, answers: readonly Answer[], survey: Survey): VgPlan[] {
  const firsts = answers.map(({ choice }) => choice.choices[0]).filter((choice) => choice !== undefined);
  const findingIds = answers.map(({ finding }) => finding.id);
  const main = planFor(view, firsts, findingIds, survey);
  const others = answers.flatMap(({ choice }, index) =>
    choice.choices
      .slice(1)
      .map((other) => planFor(view, firsts.with(index, other), findingIds, survey, other.id)),
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
): Outlook {
  const absent = view.members.filter((member) => member.region === null).map((member) => member.section.uuid);
  const rest = answers.filter((each) => !declining.includes(each));
  const choices = rest.flatMap(({ choice }) => choice.choices[0] ?? []);
  const canFlag = choices.every((choice) =>
    choice.intents.every((intent) => intent.kind === 'clear-missing'),
  );
  const whole = lvsAffectedBy(new Set(absent), view.base.metadata).length === 0;
  const reasons = declining.map(({ finding, choice }) => decline(finding, reasonOf(choice)));
  if (rest.length > 0 && canFlag && whole) {
    const plan = planFor(
      view,
      choices,
      rest.map(({ finding }) => finding.id),
      survey,
    );
    return { plans: [plan], declined: reasons };
  }
  const because = reasons.map((each) => each.reason).join(' ');
  return {
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
  return distinct.map((choice) => planFor(view, [choice], ids, survey, choice.id));
}

function decline(finding: Finding, reason: string): Declined {
  return { volumeGroup: finding.volumeGroup, fault: finding.fault, findingId: finding.id, reason };
}

/** Which plan a run may carry out by itself. */
export interface Permission {
  readonly policy: Policy;
  /** It may be of any policy. */
  readonly remedy: NamedRemedy | null;
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
    const named = namedPlan(each, may);
    const allowed = named?.plan ?? each.plans.find((plan) => permits(may.policy, plan.policy));
    if (named?.unclear) declined.push(...forWantOfClarity(named.plan, each, findings));
    else if (allowed !== undefined) plans.push(allowed);
    else declined.push(...forWantOfConsent(each, findings, may.policy));
  }
  const chosen = new Set(plans.flatMap((plan) => plan.findingIds));
  return { plans, declined: declined.filter((each) => !chosen.has(each.findingId)) };
}

/** The plan that a person has named, or may have: a name can be that of several volume groups. */
function namedPlan(
  prospect: Prospect,
  { policy, remedy }: Permission,
): { readonly plan: VgPlan; readonly unclear: boolean } | null {
  if (policy === 'report' || remedy === null) return null;
  const plan = prospect.plans.find(({ remedyId }) => remedyId === remedy.id);
  const meant = meaning(prospect, remedy.vg);
  return plan === undefined || meant === 'another' ? null : { plan, unclear: meant === 'unclear' };
}

function forWantOfClarity(plan: VgPlan, prospect: Prospect, findings: readonly Finding[]): Declined[] {
  const reason = whichOne(plan, prospect);
  return findingsOf(plan, findings).map((finding) => decline(finding, reason));
}

function forWantOfConsent(prospect: Prospect, findings: readonly Finding[], policy: Policy): Declined[] {
  const [plan] = prospect.plans;
  if (plan === undefined) return [];
  const told = new Set(prospect.declined.map((each) => each.findingId));
  const why = policy === 'report' ? ['the policy is to report only'] : [...plan.caveats, ...plan.losses];
  const how = `A person may decide: ${consent(plan.remedyId, prospect)}`;
  return findingsOf(plan, findings)
    .filter((finding) => !told.has(finding.id))
    .map((finding) => decline(finding, `${why.join('; ')}. ${how}`));
}

const findingsOf = (plan: VgPlan, findings: readonly Finding[]): Finding[] =>
  findings.filter((finding) => plan.findingIds.includes(finding.id));
