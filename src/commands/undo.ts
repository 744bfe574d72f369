import { isDeepStrictEqual } from 'node:util';
import { undoFailed, undoResult } from '../engine/results.ts';
import { survey } from '../engine/survey/survey.ts';
import { located } from '../engine/undo/locate.ts';
import type { RecordContent, UndoRecord } from '../engine/undo/record.ts';
import { listRecords, recordToUndo, type UndoError, undo } from '../engine/undo/undo.ts';
import { EXIT } from '../exit-codes.ts';
import { confirmUndo, needsTerminal, recordList, undoSummary } from '../faces/wording.ts';
import { assertNever, err, ok, type Result } from '../model/result.ts';
import type { Survey } from '../model/survey.ts';
import type { Command, Context, OpenSystem } from './command.ts';

export const undoCommand: Command = {
  name: 'undo',
  operands: '[RECORD]',
  summary: 'Puts every byte that a repair changed back as it was',
  help: `
Without RECORD the last one is played back. Its disks are found again under other names. It is refused when they are not
there, or when anything else changed them since. The undo itself is recorded, so it can be undone.

  lvmedic undo --list
  lvmedic undo
  lvmedic undo 20261121-031500 --unattended
`,
  options: ['unattended', 'list'],
  async run({ face, open, lock, operands, options }) {
    const end = (message: string, status: number): number => {
      const result = undoFailed(status, message);
      face.say(undoSummary(result));
      face.result(result);
      return status;
    };
    if (operands.length > 1) return end('one record at a time', EXIT.usage);
    const store = await open([]);
    if (!store.ok) return end(store.error, EXIT.operationalError);
    if (options.list) {
      const records = listRecords(store.value);
      face.say(recordList(records));
      face.result({
        type: 'result',
        schemaVersion: 1,
        command: 'undo',
        exitStatus: EXIT.nothingWrong,
        records,
      });
      return EXIT.nothingWrong;
    }
    const found = recordToUndo(store.value, operands[0] ?? null);
    if (!found.ok) return end(found.error.message, statusOf(found.error));
    const record = found.value;
    const { questions } = face;
    if (!options.unattended) {
      if (questions === null) return end(needsTerminal('undo'), EXIT.usage);
      const seen = await openDisksOf(record, store.value, { open, face });
      if (!seen.ok) return end(seen.error, EXIT.operationalError);
      const there = located(record, seen.value.survey);
      if (!there.ok) return end(there.error, EXIT.operationalError);
      if (!(await questions.confirm(confirmUndo(record, devicesOf(there.value)))))
        return end('stopped on request', EXIT.cancelled);
    }
    // Looked at once more: a question may stand for long.
    const held = lock();
    if (!held.ok) return end(held.error, EXIT.operationalError);
    try {
      const opened = await openDisksOf(record, store.value, { open, face });
      if (!opened.ok) return end(opened.error, EXIT.operationalError);
      const undone = await undo(record, opened.value.survey, opened.value.system, face.notify);
      if (!undone.ok) return end(undone.error.message, statusOf(undone.error));
      const result = undoResult(undone.value);
      face.say(undoSummary(result));
      face.result(result);
      return result.exitStatus;
    } finally {
      held.value.release();
    }
  },
};

const devicesOf = ({ regions }: Pick<RecordContent, 'regions'>): string[] => [
  ...new Set(regions.map((region) => region.device)),
];

interface Opened {
  readonly system: OpenSystem;
  readonly survey: Survey;
}

/**
 * The record's disks where it left them; else under the names that they have now. Those are looked for among all of this
 * machine, for one of two that say the same of themselves is not to be guessed.
 */
async function openDisksOf(
  record: UndoRecord,
  machine: OpenSystem,
  { open, face: { notify } }: Pick<Context, 'open' | 'face'>,
): Promise<Result<Opened, string>> {
  const look = (system: OpenSystem): Result<Opened, string> => {
    const read = survey(system.source, notify);
    return read.ok ? ok({ system, survey: read.value }) : err(`${read.error.path} ${read.error.message}`);
  };
  const openDisks = async (wanted: RecordContent): Promise<Result<Opened, string>> => {
    const system = await open(devicesOf(wanted));
    return system.ok ? look(system.value) : system;
  };
  const named = await openDisks(record);
  const inNamed = named.ok ? located(record, named.value.survey) : named;
  if (inNamed.ok && isDeepStrictEqual(inNamed.value.regions, record.regions)) return named;
  const everywhere = look(machine);
  const there = everywhere.ok ? located(record, everywhere.value.survey) : everywhere;
  if (there.ok) return openDisks(there.value);
  // Images are not among the disks of this machine: what is wrong with them is said when they are opened by name.
  return inNamed.ok ? there : named;
}

function statusOf({ kind }: UndoError): number {
  switch (kind) {
    case 'no-record':
    case 'refused':
    case 'failed':
      return EXIT.operationalError;
    case 'incomplete':
      return EXIT.halfway;
    default:
      return assertNever(kind);
  }
}
