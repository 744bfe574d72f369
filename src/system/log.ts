import fs from 'node:fs';
import path from 'node:path';
import { makeFolder } from './files.ts';

/** Appends to `file` and `file`.json; a log that cannot be written never stops a repair. */
export function openLog(file: string): { text(line: string): void; event(line: string): void } {
  const append = (to: string) => (line: string) => {
    try {
      makeFolder(path.dirname(to));
      fs.appendFileSync(to, `${line}\n`, { mode: 0o600 });
    } catch {}
  };
  const stamped = append(file);
  return { text: (line) => stamped(`${new Date().toISOString()} ${line}`), event: append(`${file}.json`) };
}

/** Short lines into the kernel's log, where they survive the switch of root; too quiet for the consoles, which have them from us. */
export function kernelLog(line: string): void {
  try {
    fs.appendFileSync('/dev/kmsg', `<7>lvmedic: ${line.slice(0, 200)}\n`);
  } catch {}
}
