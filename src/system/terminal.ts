import { LEAST_TERMINAL } from '../model/least-terminal.ts';

/** Terminals without a second screen, without colours, and with a character set that nobody knows. */
const PLAIN_KINDS = /^(linux|vt\d)/;

/** What the terminal can do, by what the environment says of it. */
export interface Terminal {
  /** It obeys escape sequences, and nobody has it read aloud. */
  readonly canDraw: boolean;
  /** It has room for the full screen. */
  readonly isLarge: boolean;
  readonly alternateScreen: boolean;
  readonly unicode: boolean;
  readonly colours: boolean;
}

export function terminalOf(
  { TERM = '', ACCESSIBLE = '', NO_COLOR = '', LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv,
  { columns, rows }: { readonly columns?: number; readonly rows?: number },
): Terminal {
  const isKnown = TERM !== '' && TERM !== 'dumb' && ACCESSIBLE === '';
  const isPlainKind = PLAIN_KINDS.test(TERM);
  return {
    canDraw: isKnown,
    isLarge: (columns ?? 0) >= LEAST_TERMINAL.columns && (rows ?? 0) >= LEAST_TERMINAL.rows,
    alternateScreen: !isPlainKind,
    unicode: !isPlainKind && /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || ''),
    colours: NO_COLOR === '' && !/^vt\d/.test(TERM),
  };
}
