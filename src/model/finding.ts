import type { Intent } from './plan.ts';

export type Severity = 'info' | 'warning' | 'error';

export interface VolumeGroupRef {
  readonly name: string;
  readonly uuid: string;
}

/** Where a statement about a disk can be checked: `offsetBytes` counts from the start of the TARGET `device`. */
export interface Evidence {
  readonly device: string;
  readonly partition: number | null;
  readonly offsetBytes: number;
  readonly found: string;
  readonly expected: string;
}

/** One occurrence of a fault, as its `detect` reports it. */
export interface Occurrence {
  readonly volumeGroup: VolumeGroupRef | null;
  /** The physical volume it is about, where it is about one. */
  readonly pvUuid: string | null;
  /** The region it is about; null when the thing is not there. */
  readonly regionId: string | null;
  readonly devices: readonly string[];
  readonly severity: Severity;
  /** One sentence: what is wrong. */
  readonly summary: string;
  readonly evidence: readonly Evidence[];
}

/** An occurrence with its place in the run. */
export interface Finding extends Occurrence {
  /** Unique in the run: `f1`. */
  readonly id: string;
  readonly fault: string;
  /** The finding that this one merely follows from. */
  readonly explainedBy: string | null;
}

/** Each includes those before it, up to `lossy`; `ask` needs a person; see docs/safety.md. */
export const POLICIES = ['report', 'safe', 'degraded', 'lossy', 'ask', 'config'] as const;
export type Policy = (typeof POLICIES)[number];

/** One way to deal with one finding; `engine/plan.ts` makes one plan of all of a VG's. */
export interface Choice {
  /** Unique in the fault: `restore`, `keep-side-1f2e3d4c`. */
  readonly id: string;
  readonly policy: Policy;
  readonly title: string;
  /** Why this is not `safe`; empty when it is. */
  readonly caveats: readonly string[];
  readonly losses: readonly string[];
  readonly intents: readonly Intent[];
}

export type PlanChoice =
  /** Best first, never empty. */
  | { readonly kind: 'plan'; readonly choices: readonly [Choice, ...Choice[]] }
  /** Nothing safe can be done: why, and what would help. */
  | { readonly kind: 'declined'; readonly reason: string; readonly choices: readonly Choice[] };
