import { undoFailed, undoResult } from '../engine/results.ts';
import { survey } from '../engine/survey/survey.ts';
import { listRecords, recordToUndo, type UndoError, undo } from '../engine/undo/undo.ts';
import { EXIT } from '../exit-codes.ts';
import { confirmUndo, needsTerminal, recordList, undoSummary } from '../faces/wording.ts';
import { assertNever } from '../model/result.ts';
import type { Command } from './command.ts';

export const undoCommand: Command = {
  name: 'undo',
  operands: '[RECORD]',
  summary: 'Puts every byte that a repair changed back as it was',
  help: `
Without RECORD the last one is played back. It is refused when the disks are others than those of the record, or when
anything else changed them since. The undo itself is recorded, so it can be undone.

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
      if (!(await questions.confirm(confirmUndo(record.id))))
        return end('stopped on request', EXIT.cancelled);
    }
    const system = await open([...new Set(record.regions.map((region) => region.device))]);
    if (!system.ok) return end(system.error, EXIT.operationalError);
    const held = lock();
    if (!held.ok) return end(held.error, EXIT.operationalError);
    try {
      const read = survey(system.value.source, face.notify);
      if (!read.ok) return end(`${read.error.path} ${read.error.message}`, EXIT.operationalError);
      const undone = await undo(record, read.value, system.value, face.notify);
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
