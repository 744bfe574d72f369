import type { Face } from './face.ts';
import { jsonFace } from './json/json-face.ts';
import { plainFace } from './plain/plain-face.ts';

/** Where a log goes; both parts are lines without their newline. */
export interface LogWriter {
  text(line: string): void;
  event(line: string): void;
}

/** Every word and event for a log, with all that commands printed. */
export function logFace(command: string, log: LogWriter): Face {
  const text = plainFace(log.text, { verbose: true, writeError: log.text });
  return bothFaces(text, jsonFace(command, log.event));
}

/** What one is told the other is told as well; who is asked is the first. */
export function bothFaces(first: Face, second: Face): Face {
  const both = <K extends 'notify' | 'say' | 'result' | 'error'>(name: K): Face[K] =>
    ((...args: Parameters<Face[K]>) => {
      for (const each of [second, first]) (each[name] as (...words: typeof args) => void)(...args);
    }) as Face[K];
  return {
    notify: both('notify'),
    say: both('say'),
    result: both('result'),
    error: both('error'),
    questions: first.questions,
    guide: first.guide,
  };
}
