import fs from 'node:fs';
import { readText } from './files.ts';

/** Makes lines wrap (DECAWM): SeaBIOS leaves a serial terminal behind that cuts them off. */
const WRAP_LINES = '\x1b[?7h';
/** What a terminal has that does not tell its size, as one behind a serial line. */
const USUAL = { columns: 80, rows: 24 };

/** For a console that nobody has set up, before anything is printed there. `obeys`: it may be sent escape sequences. */
export function prepareConsole(obeys: boolean, { stdout, env } = process): void {
  if (!stdout.isTTY) return;
  if (!stdout.columns) Object.assign(stdout, USUAL);
  if (obeys && env.TERM !== 'dumb') stdout.write(WRAP_LINES);
}

const SERIAL_LINE =
  /^\/dev\/(tty(S|AMA|USB|ACM|PS|mxc|SC|LP|MSM|O|s)\d+|hvc\d+|hvsi\d+|xvc\d+|ttysclp\d+|sclp_line\d+)$/;

/** True where the terminal of this process is a serial line: whoever sits at its other end, and how slow it is, is not known. */
export function isOnSerialLine(): boolean {
  const terminal = linkOf('/proc/self/fd/0');
  if (terminal !== '/dev/console') return SERIAL_LINE.test(terminal);
  // The kernel's console is the last of those that it names.
  const active = (readText('/sys/class/tty/console/active') ?? '').trim().split(' ').at(-1) ?? '';
  return SERIAL_LINE.test(`/dev/${active}`);
}

function linkOf(file: string): string {
  try {
    return fs.readlinkSync(file);
  } catch {
    return '';
  }
}
