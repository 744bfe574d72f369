import {
  activationWrites,
  type BootNeed,
  bootNeeds,
  hasCopies,
  type Standing,
  standingOf,
} from '../../faults/boot/needs.ts';
import { faultCalled } from '../../faults/catalogue.ts';
import { notUnderstood } from '../../faults/volume-group/blockers.ts';
import { isIncomplete, type VolumeGroupView, volumeGroups } from '../../faults/volume-group/view.ts';
import { lvmArgv } from '../../lvm/command.ts';
import { closureOf } from '../../model/extents.ts';
import type { Policy } from '../../model/finding.ts';
import type { Survey } from '../../model/survey.ts';
import { diagnose, isFault } from '../diagnose.ts';
import { permits } from '../plan.ts';
import type { BootEnvironment, Notify, System } from '../ports.ts';
import { survey as readSurvey } from '../survey/survey.ts';
import { type MissingMount, mountsOfRoot } from './mounts.ts';

/** What was done so that boot can go on, and whether it can. */
export interface BootReport {
  readonly needs: readonly NeedReport[];
  /** `vg/lv` that were activated whole. */
  readonly activated: readonly string[];
  /** `vg/lv` that were activated with holes, read-only. */
  readonly partial: readonly string[];
  /** Mounts of the running system whose volumes are not there. */
  readonly missingMounts: readonly MissingMount[];
  /** Volume groups that lack a physical volume. */
  readonly incompleteGroups: readonly string[];
  /** Every volume that boot cannot do without is active. */
  readonly goesOn: boolean;
  readonly failures: readonly string[];
}

export interface NeedReport {
  readonly name: string;
  /** The parameter of the kernel command line that names it. */
  readonly parameter: string;
  readonly required: boolean;
  readonly state: BootNeed['state'];
  /** What is the matter with it; null when nothing is. */
  readonly reason: string | null;
}

/** What boot waits for, as it stands: nothing is activated. Pure. */
export function bootState(survey: Survey): BootReport {
  const needs = bootNeeds(survey);
  const reports = needs.map(({ name, parameter, required, state, ...rest }) => ({
    ...{ name, parameter, required, state },
    reason: reasonOf({ state, ...rest } as Standing),
  }));
  const required = needs.filter((need) => need.required);
  return {
    needs: reports,
    ...{ activated: [], partial: [], missingMounts: [], failures: [] },
    incompleteGroups: volumeGroups(survey)
      .filter(isIncomplete)
      .map((view) => view.ref.name),
    goesOn:
      needs.some((need) => need.state === 'active') && required.every((need) => need.state === 'active'),
  };
}

/** A volume that boot cannot do without, and that only has to be activated. */
export interface Activatable {
  /** `vg/lv`. */
  readonly name: string;
  /** What activating it writes, as a sentence; null where that is nothing. */
  readonly writes: string | null;
}

/** Those that are whole, in groups that are in order, and of a kind that may be activated unseen. Pure. */
export function activatable(survey: Survey): Activatable[] {
  return bootNeeds(survey).flatMap((need) => {
    if (!need.required || need.state !== 'whole' || unusable(need.view, survey) !== null) return [];
    const writes = activationWrites(need.section, need.view.base.metadata);
    if (writes.kind === 'unknown') return [];
    return [{ name: need.name, writes: writes.kind === 'books' ? writes.says : null }];
  });
}

/** What boot cannot do without and is not active yet. Pure. */
export function awaited(survey: Survey): NeedReport[] {
  return bootState(survey).needs.filter(({ required, state }) => required && state !== 'active');
}

function reasonOf(standing: Standing): string | null {
  switch (standing.state) {
    case 'active':
      return null;
    case 'whole':
      return 'all of it is on the disks; nothing has activated it';
    case 'partial':
      return `parts of it are on physical volumes that are not there: ${standing.absent.map((each) => each.section.uuid).join(', ')}`;
    case 'unknown':
      return standing.reason;
  }
}

/**
 * Activates what boot needs and no more: whole volumes under every policy but `report`, volumes with holes only under
 * `degraded` and read-only. What lvm says is not believed: the kernel is asked again.
 */
export async function bringUp(
  system: System & { readonly boot: BootEnvironment },
  policy: Policy,
  notify: Notify,
): Promise<BootReport> {
  const first = readSurvey(system.source, notify);
  if (!first.ok) return failedReport(`${first.error.path}: ${first.error.message}`);
  const before = bootState(first.value);
  if (policy === 'report' || before.needs.length === 0) return before;
  const crew = new Activation(system, notify);
  const needs = bootNeeds(first.value);
  for (const view of viewsOf(needs)) {
    const refusal = unusable(view, first.value);
    const mine = needs.filter((need) => need.state !== 'unknown' && need.view === view);
    const whole = mine.filter((need) => need.state === 'whole').map((need) => need.lv);
    if (refusal !== null && mine.some((need) => need.state !== 'active')) crew.failures.push(refusal);
    if (refusal !== null) continue;
    if (whole.length > 0) await crew.activate(view, whole);
    for (const need of mine) {
      if (need.state === 'partial' && need.required) await crew.activatePartial(need, policy, first.value);
    }
    // Of a group with faults, or with a root that must stay read-only, nothing more may come up by itself.
    if (!isIncomplete(view)) system.boot.letAutoactivate(view.ref.name);
  }
  await system.boot.settle();
  const second = readSurvey(system.source, notify);
  if (!second.ok) return failedReport(`${second.error.path}: ${second.error.message}`);
  const mounts = await mountsOfRoot(second.value, system.boot, policy);
  if (mounts.unread !== null) crew.failures.push(`what fstab needs is not known: ${mounts.unread}`);
  const wanted = mounts.whole.filter(({ view }) => unusable(view, second.value) === null);
  for (const { view, lvNames } of wanted) await crew.activate(view, lvNames);
  if (wanted.length > 0) await system.boot.settle();
  const last = wanted.length > 0 ? readSurvey(system.source, notify) : second;
  if (!last.ok) return failedReport(`${last.error.path}: ${last.error.message}`);
  return { ...bootState(last.value), ...crew.outcome(last.value), missingMounts: mounts.missing };
}

function failedReport(message: string): BootReport {
  return {
    ...{ needs: [], activated: [], partial: [], missingMounts: [], incompleteGroups: [], goesOn: false },
    failures: [message],
  };
}

const viewsOf = (needs: readonly BootNeed[]): VolumeGroupView[] => [
  ...new Set(needs.flatMap((need) => (need.state === 'unknown' ? [] : [need.view]))),
];

/** Why nothing of this volume group is activated; null when its volumes can be trusted to be what they were. */
function unusable(view: VolumeGroupView, survey: Survey): string | null {
  const spoilt = diagnose(survey).filter(
    (finding) =>
      isFault(finding) &&
      finding.volumeGroup?.uuid === view.ref.uuid &&
      finding.explainedBy === null &&
      !faultCalled(finding.fault)?.sparesOtherVolumes,
  );
  const [strange] = notUnderstood(view.base.metadata);
  if (strange !== undefined) return `${view.ref.name} is not activated: ${strange}`;
  return spoilt.length === 0
    ? null
    : `${view.ref.name} is not activated while it is not in order: ${spoilt.map((each) => each.fault).join(', ')}`;
}

/** Runs lvm for the volumes of one boot, and remembers what it was asked for. */
class Activation {
  readonly failures: string[] = [];
  readonly #system: System & { readonly boot: BootEnvironment };
  readonly #notify: Notify;
  readonly #whole: string[] = [];
  readonly #partial: string[] = [];
  /** What takes the arrangement back for a root that did not come up. */
  readonly #keptReadOnly = new Map<string, () => void>();

  constructor(system: System & { readonly boot: BootEnvironment }, notify: Notify) {
    this.#system = system;
    this.#notify = notify;
  }

  async activate(view: VolumeGroupView, lvNames: readonly string[]): Promise<void> {
    const { metadata } = view.base;
    const writes = metadata.lvs
      .filter(({ name }) => lvNames.includes(name))
      .map((section) => ({ section, ...activationWrites(section, metadata) }));
    for (const each of writes) if (each.kind === 'unknown') this.failures.push(each.reason);
    const names = writes
      .filter(({ kind }) => kind !== 'unknown')
      .map(({ section }) => `${view.ref.name}/${section.name}`);
    if (names.length === 0) return;
    const books = writes.flatMap((each) => (each.kind === 'books' ? [each.says] : []));
    const why = ['boot needs it', ...(books.length > 0 ? books : ['nothing on the disks changes'])].join(
      '; ',
    );
    await this.#lvchange(view, ['-ay', ...names], why);
    this.#whole.push(...names);
  }

  async activatePartial(
    need: Extract<BootNeed, { state: 'partial' }>,
    policy: Policy,
    survey: Survey,
  ): Promise<void> {
    const { view, section, name, absent } = need;
    const { metadata } = view.base;
    if (!permits(policy, 'degraded')) {
      this.failures.push(
        `${name} is not whole: attach the missing disk, or let it come up read-only with what is there (policy degraded)`,
      );
      return;
    }
    if (hasCopies(section, metadata, absent)) {
      const why = 'what has copies does without the missing leg; activating it writes to what is left';
      await this.#lvchange(view, ['-ay', '--activationmode', 'degraded', name], why);
      this.#partial.push(name);
      return;
    }
    const isPlain = closureOf(section, metadata).every((lv) =>
      lv.segments.every(({ type }) => type === 'striped' || type === 'linear'),
    );
    const filesystem = survey.lvFilesystems.find((each) => `${each.vg}/${each.lv}` === name)?.type;
    const kept =
      isPlain && filesystem !== undefined && need.isRoot
        ? await this.#system.boot.keepRootReadOnly(filesystem)
        : { ok: false as const, error: 'it cannot be kept from being written to' };
    if (!kept.ok) {
      this.failures.push(`${name} is not whole and is left inactive: ${kept.error}`);
      return;
    }
    const why = 'with holes where the disk is missing, and read-only';
    await this.#lvchange(view, ['-ay', '--activationmode', 'partial', name], why, [name]);
    this.#partial.push(name);
    this.#keptReadOnly.set(name, kept.value);
  }

  async #lvchange(
    view: VolumeGroupView,
    words: readonly string[],
    why: string,
    readOnlyVolumes?: readonly string[],
  ): Promise<void> {
    const nodes = view.members.flatMap(({ region }) => region?.node ?? []);
    const context = this.#system.boot.lvmContext(nodes);
    const argv = lvmArgv(['lvchange', ...words], readOnlyVolumes ? { ...context, readOnlyVolumes } : context);
    this.#notify({ type: 'command', argv, why, on: 'live' });
    const run = await this.#system.runner.run(argv);
    this.#notify({ type: 'ran', run, on: 'live' });
  }

  /** By what the kernel says now. */
  outcome(survey: Survey): Pick<BootReport, 'activated' | 'partial' | 'failures'> {
    const isActive = (name: string) => {
      const [vg = '', lv = ''] = name.split('/');
      return standingOf({ vg, lv }, survey).state === 'active';
    };
    const stuck = [...this.#whole, ...this.#partial].filter((name) => !isActive(name));
    for (const name of stuck) this.#keptReadOnly.get(name)?.();
    return {
      activated: this.#whole.filter(isActive),
      partial: this.#partial.filter(isActive),
      failures: [...this.failures, ...stuck.map((name) => `lvm did not activate ${name}`)],
    };
  }
}
