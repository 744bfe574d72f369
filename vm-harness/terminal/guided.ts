import { setTimeout as sleep } from 'node:timers/promises';
import type { DamagedMachine } from './damaged-machine.ts';
import { openTerminal, type Terminal, type TerminalOptions } from './terminal.ts';

/** The two faces of a guided repair; numbered prompts come as plain lines, or drawn on a terminal too small for the screen. */
export type FaceName = 'screen' | 'prompts' | 'drawn prompts';

/** What a page of a guided repair offers, whatever the face. */
export interface Page {
  readonly title: string;
  /** Of the choices that have a number, in order. */
  readonly labels: readonly string[];
  /** Of the choices that have a letter: `b back`. */
  readonly keys: readonly string[];
  /** Instead of choices. */
  readonly question: string | null;
}

export interface GuidedOptions extends Omit<TerminalOptions, 'command'> {
  /** Of lvmedic, before its TARGETs. */
  readonly args?: readonly string[];
  /** The machine's disks where absent. */
  readonly targets?: readonly string[];
  /** Words before the program: strace, setpriv. */
  readonly through?: readonly string[];
}

export const PAGES = {
  machine: 'This machine',
  choices: 'What can be done',
  rehearsal: 'The rehearsal',
  confirmation: 'Before anything is written',
  result: 'The result',
  undo: 'Before the repair is taken back',
  undone: 'Undone',
  failed: 'This did not work',
  help: 'Help',
  log: 'What has happened so far',
} as const;

/** From the first page to the last that needs an answer, always by the first choice. */
const WAY: readonly string[] = [PAGES.machine, PAGES.choices, PAGES.rehearsal, PAGES.confirmation];

const TERMINALS: Readonly<Record<FaceName, Partial<TerminalOptions>>> = {
  screen: { term: 'xterm-256color', encoding: 'UTF-8' },
  prompts: { term: 'dumb', encoding: 'C' },
  'drawn prompts': { term: 'vt220', encoding: 'C', rows: 23 },
};

/** The screen takes no key for a page that nobody can have seen yet. */
const UNSEEN_MS = 310;
/** A frame is written in one go. */
const WHOLE_MS = 60;
const POLL_MS = 50;

/** Starts a guided repair of a machine on a terminal. Close its terminal, whatever happens. */
export async function startGuided(
  machine: DamagedMachine,
  face: FaceName,
  { args = [], targets = machine.nodes, through = [], ...options }: GuidedOptions = {},
): Promise<Guided> {
  const terminal = await openTerminal({
    ...TERMINALS[face],
    ...options,
    command: [...through, ...machine.lvmedic(...args, ...targets)],
    env: { ...machine.env, ...options.env },
  });
  return new Guided(terminal, face);
}

/** A person before a guided repair: sees pages and answers them, in either face. */
export class Guided {
  readonly terminal: Terminal;
  readonly face: FaceName;
  /** How much of the output was there at the last answer. */
  #answeredAt = 0;

  constructor(terminal: Terminal, face: FaceName) {
    this.terminal = terminal;
    this.face = face;
  }

  /** Waits until this page stands there whole and can be answered. Throws with the last screen. */
  async at(title: string, { seconds = 20 } = {}): Promise<Page> {
    if (this.face === 'screen') {
      await this.terminal.waitFor(
        new RegExp(`^ lvmedic: ${escaped(title)}\\n[\\s\\S]*\\n \\S.*(leave|back)\\b`),
        {
          seconds,
        },
      );
      const seen = sleep(UNSEEN_MS);
      const screen = await this.terminal.waitUntilQuiet({ quietMs: WHOLE_MS });
      await seen;
      return pageOnScreen(screen);
    }
    const deadlineMs = Date.now() + seconds * 1000;
    for (;;) {
      const page = pageInLines(this.#news(), title);
      if (page !== null) return page;
      // Ends in the terminal's own complaint, with the last screen.
      if (Date.now() > deadlineMs) await this.terminal.waitFor(`the page "${title}"`, { seconds: 0 });
      await sleep(POLL_MS);
    }
  }

  /** Waits until the prompts have answered the last line with this text, and ask again. */
  async told(text: string, { seconds = 10 } = {}): Promise<void> {
    const deadlineMs = Date.now() + seconds * 1000;
    while (!this.#news().includes(text) || !PROMPT.test(this.#news().split('\n').at(-1) ?? '')) {
      if (Date.now() > deadlineMs) await this.terminal.waitFor(`the answer "${text}"`, { seconds: 0 });
      await sleep(POLL_MS);
    }
  }

  /** Goes from the first page to this one by the first choice of each. */
  async to(title: string): Promise<Page> {
    for (const each of WAY) {
      const page = await this.at(each);
      if (each === title) return page;
      this.take(1);
    }
    throw new Error(`${title} is not on the way`);
  }

  /** Takes a choice by its number. */
  take(number: number): void {
    this.#answer(String(number));
  }

  /** Presses the letter of a key: `b`, `l`, `?`, `q`. */
  press(letter: string): void {
    this.#answer(letter);
  }

  /** Takes what Enter takes. */
  enter(): void {
    this.#mark();
    this.terminal.keys('Enter');
  }

  /** Says no to a question. */
  backFromQuestion(): void {
    this.#mark();
    this.terminal.keys(this.face === 'screen' ? 'Escape' : 'Enter');
  }

  yes(): void {
    this.#answer('y');
  }

  /** How many keys a yes takes. */
  get yesKeys(): number {
    return this.face === 'screen' ? 1 : 2;
  }

  /** Types a line of text. */
  line(text: string): void {
    this.#mark();
    this.terminal.type(text);
    this.terminal.keys('Enter');
  }

  /** What was written since the last answer, without escape sequences. */
  #news(): string {
    return withoutEscapes(this.terminal.output().slice(this.#answeredAt)).replaceAll('\r', '');
  }

  #answer(key: string): void {
    this.#mark();
    this.terminal.type(key);
    if (this.face !== 'screen') this.terminal.keys('Enter');
  }

  #mark(): void {
    this.#answeredAt = this.terminal.output().length;
  }
}

const TITLE = new RegExp(`^(${Object.values(PAGES).join('|')}|What is wrong \\(\\d+\\)):$`);
/** What the prompts end in when they wait. */
const PROMPT = /(: |\(y\/N\) )\s*$/;
const escaped = (text: string): string => text.replaceAll(/[()?.]/g, '\\$&');
const withoutEscapes = (text: string): string => text.replaceAll(/\x1b\[[\d;?]*[A-Za-z]|\x1b[=>78]/g, '');
const present = <Value>(value: Value | undefined): Value[] => (value === undefined ? [] : [value]);

/** Labels must fit their line: give the terminal more columns to read long ones. */
function pageOnScreen(screen: string): Page {
  const rows = screen.trimEnd().split('\n');
  return {
    title: /^ lvmedic: (.*)$/.exec(rows[0] ?? '')?.[1] ?? '',
    labels: rows.flatMap((row) => present(/^ [›> ] \d+\) (.*)$/.exec(row)?.[1])),
    keys: keysIn((rows.at(-1) ?? '').split('   ')),
    question: rows.flatMap((row) => questionIn(row) ?? [])[0] ?? null,
  };
}

/** The page of this title whose prompt the text ends in; null while it is not whole. */
function pageInLines(text: string, title: string): Page | null {
  const lines = text.split('\n');
  const prompt = lines.pop() ?? '';
  const at = lines.findLastIndex((line, index) => lines[index - 1] === '' && TITLE.test(line));
  if (lines[at] !== `${title}:` || !PROMPT.test(prompt)) return null;
  const page = lines.slice(at);
  const question = questionIn(prompt);
  // How a question can be answered stands above it.
  const hint = question === null ? prompt : (page.at(-1) ?? '');
  return {
    title,
    labels: page.flatMap((line) => present(/^ {2}\d+\) (.*)$/.exec(line)?.[1])),
    keys: keysIn(hint.replace(/^(\? )?Type /, '').split(/[,.] /)),
    question,
  };
}

const questionIn = (line: string): string | null =>
  /^(?: |\? )?(\S.*\?) \(y\/N\)/.exec(line)?.[1] ??
  /^(?: |\? )?(To do this, type .*?):/.exec(line)?.[1] ??
  null;

const keysIn = (words: readonly string[]): string[] =>
  words.map((word) => word.trim()).filter((word) => /^[a-z?] (back|log|help|leave)$/.test(word));
