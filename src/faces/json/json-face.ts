import type { Progress } from '../../engine/ports.ts';
import type { Face } from '../face.ts';

/** One JSON object a line; the last is the result. */
export function jsonFace(write: (line: string) => void): Face {
  const emit = (value: object) => write(escapeC1(JSON.stringify(value)));
  return {
    notify: (progress) => emit(eventOf(progress)),
    say: () => {},
    result: emit,
    error: (message, exitStatus) => emit({ type: 'result', schemaVersion: 1, exitStatus, error: message }),
    questions: null,
  };
}

function eventOf(progress: Progress): object {
  if (progress.type !== 'ran') return progress;
  const { argv, exitCode, signal, timedOut, stdout, stderr, durationMs } = progress.run;
  return { type: 'ran', on: progress.on, argv, exitCode, signal, timedOut, stdout, stderr, durationMs };
}

/** JSON leaves C1 controls as they are; a terminal that shows the stream must not obey them. */
function escapeC1(line: string): string {
  return line.replaceAll(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
