/** Makes lines wrap (DECAWM): SeaBIOS leaves a serial terminal behind that cuts them off. */
const WRAP_LINES = '\x1b[?7h';
/** What a terminal has that does not tell its size, as one behind a serial line. */
const USUAL = { columns: 80, rows: 24 };

/** For the console of an initramfs, before anything is printed there. */
export function prepareConsole({ stdout, env } = process): void {
  if (!stdout.isTTY) return;
  if (!stdout.columns) Object.assign(stdout, USUAL);
  if (env.TERM !== 'dumb') stdout.write(WRAP_LINES);
}
