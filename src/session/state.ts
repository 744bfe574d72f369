import type { Activatable } from '../engine/boot/bring-up.ts';
import type { Known } from '../engine/look.ts';
import type { PlanRehearsal } from '../engine/rehearse.ts';
import type { Rehearsed } from '../engine/repair.ts';
import type { RepairResult, UndoResult } from '../engine/results.ts';
import type { Recovery } from '../engine/undo/recover.ts';
import type { Policy } from '../model/finding.ts';
import type { VgPlan } from '../model/plan.ts';

/**
 * Where a guided repair is, as data: no sentences, no keys, no terminal. Both faces show the same states and offer the
 * same acts, so that neither can do what the other cannot.
 */
export type State = Working | Shown | Over | Left;

/** What is under way; it can only be asked to stop. */
export interface Working {
  readonly kind: 'working';
  readonly doing: Effect['kind'];
  /** What the person sees again when it fails. */
  readonly from: Shown | null;
  readonly isStopping: boolean;
}

export type Shown =
  | { readonly kind: 'machine'; readonly look: Look }
  | { readonly kind: 'finding'; readonly look: Look; readonly index: number; readonly from: Shown }
  | { readonly kind: 'choices'; readonly look: Look }
  | {
      readonly kind: 'rehearsed';
      readonly look: Look;
      readonly choice: Choice;
      readonly rehearsed: Rehearsed;
    }
  | {
      readonly kind: 'confirm';
      readonly look: Look;
      readonly choice: Choice;
      /** Null for what needs no rehearsal. */
      readonly rehearsed: Rehearsed | null;
      /** What was typed did not match. */
      readonly mistyped: boolean;
      readonly from: Shown;
    }
  | { readonly kind: 'confirm-undo'; readonly undoing: Undoing; readonly from: Shown }
  | { readonly kind: 'done'; readonly result: RepairResult }
  | { readonly kind: 'undone'; readonly result: UndoResult }
  | { readonly kind: 'failed'; readonly message: string; readonly from: Shown | null };

/** Help, or the log: what lies under it comes back. */
export type Over =
  | { readonly kind: 'help'; readonly under: Shown }
  | { readonly kind: 'log'; readonly under: Shown };

export interface Left {
  readonly kind: 'left';
  readonly exitStatus: number;
  /** Boot shall go on. */
  readonly bootGoesOn: boolean;
  /** What was shown last. */
  readonly last: Shown | null;
  /** Nothing was written to the disks, and nothing activated. */
  readonly isUnchanged: boolean;
}

/** What a look at the machine gave. */
export interface Look {
  readonly known: Known;
  readonly choices: readonly Choice[];
  /** Where the way back would be kept. */
  readonly wayBack: WayBack;
  /** A run on these disks that a kill or a power cut ended: its undo record. */
  readonly interrupted: string | null;
  /** How such a run was just brought to its end; null where none was. */
  readonly recovered: Recovery | null;
  /** This runs in a boot that can go on. */
  readonly canBoot: boolean;
}

export interface WayBack {
  readonly folder: string;
  readonly durability: 'stable' | 'volatile';
}

/** One thing that can be done, as a whole. */
export type Choice =
  /** The plans of one volume group, or of several that are all safe. */
  | { readonly kind: 'repair'; readonly id: string; readonly plans: readonly VgPlan[] }
  /** Whole volumes that boot waits for come up. */
  | { readonly kind: 'activate'; readonly id: 'activate'; readonly volumes: readonly Activatable[] }
  /** What is not whole comes up as well, as far as it can. */
  | { readonly kind: 'degraded'; readonly id: 'degraded' }
  /** An interrupted run is finished or taken back. */
  | { readonly kind: 'recover'; readonly id: 'recover' };

/** What a person can do in a state. */
export type Act =
  | { readonly kind: 'choices' }
  | { readonly kind: 'finding'; readonly index: number }
  | { readonly kind: 'choose'; readonly choice: Choice }
  | { readonly kind: 'agree' }
  /** The answer to a confirmation; for a word to be typed, the word. */
  | { readonly kind: 'yes'; readonly typed: string | null }
  | { readonly kind: 'look-again' }
  | { readonly kind: 'undo' }
  | { readonly kind: 'go-on' }
  | { readonly kind: 'back' }
  | { readonly kind: 'help' }
  | { readonly kind: 'log' }
  | { readonly kind: 'leave' };

/** What has to be done in the world; its end comes back as an `EffectResult`. */
export type Effect =
  | { readonly kind: 'look' }
  | { readonly kind: 'rehearse'; readonly look: Look; readonly choice: Extract<Choice, { kind: 'repair' }> }
  | {
      readonly kind: 'repair';
      readonly look: Look;
      readonly choice: Choice;
      readonly rehearsed: Rehearsed | null;
    }
  | { readonly kind: 'undo'; readonly undoing: Undoing };

/** A repair that is to be taken back. */
export interface Undoing {
  /** Its undo record. */
  readonly record: string;
  /** `vg/lv` that came up after it, and have to go down again first. */
  readonly activated: readonly string[];
}

/** How an effect ended. */
export type EffectResult =
  | { readonly kind: 'looked'; readonly look: Look }
  | {
      readonly kind: 'rehearsed';
      readonly look: Look;
      readonly choice: Choice;
      readonly rehearsed: Rehearsed;
    }
  | { readonly kind: 'repaired'; readonly result: RepairResult }
  | { readonly kind: 'undone'; readonly result: UndoResult }
  | { readonly kind: 'failed'; readonly message: string };

/** The policy that a choice needs: of several plans, that of the least certain. */
export function policyOf(choice: Choice): Policy {
  if (choice.kind === 'degraded') return 'degraded';
  if (choice.kind !== 'repair') return 'safe';
  return choice.plans.find(({ policy }) => policy !== 'safe')?.policy ?? 'safe';
}

/** What must be typed to confirm a choice; null where a yes is enough. */
export function wordToType(choice: Choice): string | null {
  if (choice.kind !== 'repair' || policyOf(choice) === 'safe') return null;
  return choice.plans[0]?.volumeGroup.name ?? null;
}

/** True when every plan reached its goal. */
export const hasPassed = ({ rehearsals }: { readonly rehearsals: readonly PlanRehearsal[] }): boolean =>
  rehearsals.length > 0 && rehearsals.every(({ rehearsal }) => rehearsal.plan !== null);
