import type { Policy, VolumeGroupRef } from './finding.ts';
import type { VgMetadata } from './metadata.ts';
import type { PastLv } from './past-lv.ts';
import type { MetadataText } from './survey.ts';

/** What a fault wants to be true of its VG. Intents of all faults in a VG become one plan, from the disk upward. */
export type Intent =
  /** The PV is here: its MISSING flag goes. */
  | { readonly kind: 'clear-missing'; readonly pvUuid: string; readonly regionId: string }
  /** Label, PV header and metadata areas are written anew, under this id. */
  | { readonly kind: 'rebuild-pv'; readonly pvUuid: string; readonly regionId: string }
  /** The PV comes back into the VG, with the LVs that its removal took away. */
  | {
      readonly kind: 'adopt-pv';
      readonly pvUuid: string;
      readonly regionId: string;
      readonly from: MetadataText;
      readonly lvUuids: readonly string[];
    }
  /**
   * Every metadata area in use holds the same text. `contested`: several texts claim the same seqno; `tags`: those of the VG
   * that only the others carry, and that are kept.
   */
  | { readonly kind: 'agree'; readonly contested: boolean; readonly tags?: readonly string[] }
  /** The text everything starts from, where the newest committed one is not it. */
  | { readonly kind: 'base'; readonly text: MetadataText }
  /** Absent PVs are given up, with what stood on them. */
  | { readonly kind: 'forget-absent' }
  /** Whole LVs are activated, for boot waits for them; nothing on the disks changes. */
  | { readonly kind: 'activate'; readonly lvNames: readonly string[] };

/** A word of a command line, or something that only the target (replica or live disk) can fill in. */
export type Word =
  | string
  /** The node of a region. */
  | { readonly nodeOf: string }
  /** The path of one of the plan's texts. */
  | { readonly pathOf: string };

export type Step = LvmStep | WriteStep;

/** A command of the distribution's own lvm. */
export interface LvmStep {
  readonly kind: 'lvm';
  /** Subcommand first. Options that every command gets are added by the command builder. */
  readonly words: readonly Word[];
  /** Regions whose nodes lvm may see. */
  readonly regionIds: readonly string[];
  readonly why: string;
  /** Steps that only make sense where the kernel and lvm's own cache know these disks. */
  readonly liveOnly: boolean;
}

/** Bytes that lvm cannot write. */
export interface WriteStep {
  readonly kind: 'write';
  readonly regionId: string;
  /** From the start of the region. */
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
  readonly why: string;
}

/** False for a plan that only activates: there is nothing to rehearse, and nothing to undo. */
export function changesDisks(plan: Pick<VgPlan, 'steps'>): boolean {
  return plan.steps.some((step) => step.kind === 'write' || !step.liveOnly);
}

/** A metadata text that the plan's commands refer to. */
export interface PlanText {
  /** A plain file name, made by us: `1.vg`. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** The repair of one volume group. */
export interface VgPlan {
  readonly volumeGroup: VolumeGroupRef;
  /** What `--remedy` takes. */
  readonly remedyId: string;
  readonly title: string;
  readonly policy: Policy;
  readonly caveats: readonly string[];
  readonly losses: readonly string[];
  readonly findingIds: readonly string[];
  readonly steps: readonly Step[];
  readonly texts: readonly PlanText[];
  /** Regions that belong to the VG: copied for the rehearsal, saved in the undo record. */
  readonly regionIds: readonly string[];
  /** What the VG must be afterwards. */
  readonly goal: Goal;
}

/** The state that a rehearsal and a verification are measured against. */
export interface Goal {
  /** PV ids, LVs and extents are compared with this; names of PV sections and seqno are not. */
  readonly metadata: VgMetadata;
  /** PV ids that may still be absent afterwards. */
  readonly absentPvUuids: readonly string[];
  /** LVs that must be there as they were, or larger: those of the last whole generation; set by the gate to `safe`. */
  readonly mustHold: readonly PastLv[];
  /** No metadata area shows a higher seqno after the repair; a higher one is somebody else's change. */
  readonly seqnoAfter: number;
  /** Region of each PV. */
  readonly regionOfPv: Readonly<Record<string, string>>;
}

/** A VG that will not be repaired, and what would help. */
export interface Declined {
  readonly volumeGroup: VolumeGroupRef | null;
  readonly fault: string;
  readonly findingId: string;
  readonly reason: string;
}
