import type { Finding, Occurrence, PlanChoice } from '../model/finding.ts';
import type { Survey } from '../model/survey.ts';

/** A kind of damage: how to see it, what to do about it, and what to tell people. All pure. */
export interface Fault {
  readonly id: string;
  /** From the disk upward; `diagnose` reports in this order. */
  readonly layer: 'table' | 'label' | 'metadata-area' | 'text' | 'volume-group' | 'boot';
  /** One line for lists. */
  readonly summary: string;
  /** The manual page that `lvmedic explain` shows: cause, signs, repair, risk. */
  readonly doc: string;
  /** True where volumes that do not stand on the missing parts are whole and usable all the same. */
  readonly sparesOtherVolumes?: true;
  /** True for what follows from any other fault of the same volume group, and is no finding of its own then. */
  readonly consequence?: true;
  detect(survey: Survey): Occurrence[];
  plan(finding: Finding, survey: Survey): PlanChoice;
  /** True when `other` merely follows from `finding`. */
  explains?(finding: Finding, other: Finding): boolean;
}

export const defineFault = (fault: Fault): Fault => fault;
