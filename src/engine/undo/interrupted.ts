import { err, ok, type Result } from '../../model/result.ts';
import type { Survey } from '../../model/survey.ts';
import type { System } from '../ports.ts';
import { Journal } from './journal.ts';
import { presenceOf } from './locate.ts';
import { type DescribedRecord, describeRecord } from './record.ts';

/** A run on these disks that a kill or a power cut ended. */
export interface Interrupted {
  /** Of its undo record. */
  readonly id: string;
  /** With its places under today's names; an error where it cannot be brought to an end as things are. */
  readonly record: Result<DescribedRecord, string>;
}

/** For a run that cannot be brought to an end: what is left to do. */
export const WITHOUT_RECORD =
  'To go by what the disks hold now, without that record, keep the records elsewhere: --state-dir DIR';

/**
 * The interrupted run on these disks; null when the last one on them ended well. Records of other disks do not matter
 * here; one of which only a part is here does.
 */
export function interruptedRun(survey: Survey, system: System): Interrupted | null {
  const undone = new Set<string>();
  for (const id of system.records.list().toReversed()) {
    const journal = new Journal(system.records, id, system.clock);
    // The disks are as they were before it: what was then, is.
    if (undone.has(id) || journal.has('rolled-back')) continue;
    const content = describeRecord(id, system.records);
    if (!content.ok) {
      if (journal.has('step-begins') && !journal.has('finished')) return { id, record: content };
      continue;
    }
    const places = presenceOf(content.value, survey);
    if (places.every((place) => place.is === 'absent')) continue;
    if (journal.has('finished')) {
      if (content.value.undoes === null) return null;
      undone.add(content.value.undoes);
      continue;
    }
    const lost = places.flatMap((place) => ('region' in place ? [] : [place.why]));
    const regions = places.flatMap((place) => ('region' in place ? [place.region] : []));
    if (lost.length === 0) return { id, record: ok({ ...content.value, id, regions }) };
    // One that wrote nothing needs no end.
    if (journal.has('step-begins')) return { id, record: err(lost.join('; ')) };
  }
  return null;
}
