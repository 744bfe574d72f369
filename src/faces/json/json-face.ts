import type { Progress } from '../../engine/ports.ts';
import type { DiagnoseResult } from '../../engine/results.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Face } from '../face.ts';

const schemaVersion: DiagnoseResult['schemaVersion'] = 1;

/**
 * One JSON object a line; the last is the result. Every line says which version of the schema it keeps to: a log holds the
 * lines of several runs, and a run that was cut short has no result. docs/schema/ describes them.
 *
 * @param command its name, for a result that says no more than what went wrong
 */
export function jsonFace(command: string, write: (line: string) => void): Face {
  const emit = (value: object) => write(escapeC1(JSON.stringify(value)));
  return {
    notify: (progress) => emit(eventOf(progress)),
    say: () => {},
    result: emit,
    error: (message, exitStatus) =>
      emit({
        ...{ type: 'result', schemaVersion, command, exitStatus },
        outcome: exitStatus === EXIT.cancelled ? 'cancelled' : 'failed',
        error: message,
      }),
    questions: null,
    guide: null,
  };
}

function eventOf(progress: Progress): object {
  if (progress.type !== 'ran') {
    const { type, ...rest } = progress;
    return { type, schemaVersion, ...rest };
  }
  const { argv, exitCode, signal, timedOut, stdout, stderr, durationMs } = progress.run;
  return {
    ...{ type: 'ran', schemaVersion, on: progress.on },
    ...{ argv, exitCode, signal, timedOut, stdout, stderr, durationMs },
  };
}

/** JSON leaves C1 controls as they are; a terminal that shows the stream must not obey them. */
function escapeC1(line: string): string {
  return line.replaceAll(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
