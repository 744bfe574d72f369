import type { Finding } from '../model/finding.ts';
import { err, ok, type Result } from '../model/result.ts';
import type { Survey } from '../model/survey.ts';
import { diagnose } from './diagnose.ts';
import { type Prospect, prospects } from './plan.ts';
import type { Notify, System } from './ports.ts';
import type { PlanRehearsal } from './rehearse.ts';
import { survey as readSurvey } from './survey/survey.ts';

/** What is known before anything is done: the disks as they are, what is wrong, what can be done about it. */
export interface Known {
  readonly survey: Survey;
  readonly findings: readonly Finding[];
  readonly prospects: readonly Prospect[];
  /** What was rehearsed already; of the prospects' plans, only those that passed are left then. */
  readonly tried: readonly PlanRehearsal[];
}

/** Reads the disks and judges them; writes nothing. The error says which disk could not be read, and why. */
export function look(system: Pick<System, 'source'>, notify: Notify): Result<Known, string> {
  notify({ type: 'phase', phase: 'survey', detail: '' });
  const read = readSurvey(system.source, notify);
  if (!read.ok) return err(`${read.error.path}: ${read.error.message}`);
  return ok(judge(read.value));
}

/** What is wrong with the disks as a survey has them, and what can be done about it. */
export function judge(survey: Survey): Known {
  const findings = diagnose(survey);
  return { survey, findings, prospects: prospects(survey, findings), tried: [] };
}
