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
}

export interface Expectation {
  /** Faults of the findings that nothing else explains and that are more than information; sorted, exact. */
  readonly faults: readonly string[];
  /** `healthy`: nothing to repair, exit status 0. */
  readonly repair: 'repaired' | 'declined' | 'healthy';
  /** What one of the reasons for declining must speak of. */
  readonly reason?: RegExp;
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
export const healthy: Expectation = { faults: [], repair: 'healthy' };
