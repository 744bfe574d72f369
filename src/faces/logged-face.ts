import type { Face } from './face.ts';
import { jsonFace } from './json/json-face.ts';
import { plainFace } from './plain/plain-face.ts';

/** Where a log goes; both parts are lines without their newline. */
export interface LogWriter {
  text(line: string): void;
  event(line: string): void;
}

/** A face whose every word and event also goes to the log, with all that commands printed. */
export function loggedFace(face: Face, log: LogWriter): Face {
  const text = plainFace(log.text, { verbose: true, questions: null, writeError: log.text });
  const events = jsonFace(log.event);
  const both = <K extends 'notify' | 'say' | 'result' | 'error'>(name: K): Face[K] =>
    ((...args: Parameters<Face[K]>) => {
      for (const each of [text, events, face]) (each[name] as (...words: typeof args) => void)(...args);
    }) as Face[K];
  return {
    notify: both('notify'),
    say: both('say'),
    result: both('result'),
    error: both('error'),
    questions: face.questions,
  };
}
