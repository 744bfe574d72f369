import { repairsSince, since } from '../lab/lvm-tool.ts';
import type { DiskSpec, LabWorld } from '../lab/world.ts';

/** One incident: how the disks came to be, what happened to them, and what lvmedic owes the person before them. */
export interface Recipe {
  /** Unique: the fault's id, with a variant behind a slash. */
  readonly id: string;
  /** The symptom, in words. */
  readonly title: string;
  /** Rows of the incident table it comes from. */
  readonly seeds: readonly string[];
  readonly disks: readonly DiskSpec[];
  build(world: LabWorld): void;
  break(world: LabWorld): void;
  readonly expect: Expectation;
  /** What is right instead where lvm is older than this: the one that did the harm, or the one that repairs. */
  readonly older?: {
    readonly harmedBefore?: string;
    readonly repairedBefore?: string;
    readonly expect: Expectation;
  };
}

/** What lvmedic owes the person, with the versions of lvm that this run has. */
export function expectationOf({ expect, older }: Recipe): Expectation {
  const { harmedBefore, repairedBefore } = older ?? {};
  const isOlder =
    (harmedBefore !== undefined && !since(harmedBefore)) ||
    (repairedBefore !== undefined && !repairsSince(repairedBefore));
  return isOlder && older !== undefined ? older.expect : expect;
}

export interface Expectation {
  /** Faults of the findings that nothing else explains and that are more than information; sorted, exact. */
  readonly faults: readonly string[];
  /** `healthy`: nothing to repair, exit status 0. */
  readonly repair: 'repaired' | 'declined' | 'healthy';
  /** What one of the reasons for declining must speak of. */
  readonly reason?: RegExp;
  /**
   * What a person may name (`--remedy`) where nothing is done unasked: first every byte stays and the reason is told, then
   * the remedy makes it whole, but for what it gives up.
   */
  readonly remedy?: string;
  /** Takes what such a remedy gives up out of the truth. */
  readonly gives?: (world: LabWorld) => void;
  /** The default policy where absent. */
  readonly policy?: 'report' | 'safe' | 'degraded' | 'lossy';
  /** Further checks of the repaired world; returns what is wrong. */
  readonly after?: (world: LabWorld) => readonly string[];
}

export const repaired = (...faults: string[]): Expectation => ({ faults: faults.sort(), repair: 'repaired' });
export const declined = (reason: RegExp, ...faults: string[]): Expectation => ({
  faults: faults.sort(),
  repair: 'declined',
  reason,
});
/** Nothing is done unasked; a person may name the remedy. */
export const asks = (
  remedy: string,
  reason: RegExp,
  faults: readonly string[],
  gives?: (world: LabWorld) => void,
): Expectation => ({
  ...{ faults: faults.toSorted(), repair: 'repaired', remedy, reason },
  ...(gives === undefined ? {} : { gives }),
});
export const healthy: Expectation = { faults: [], repair: 'healthy' };
