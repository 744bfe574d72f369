/** What a terminal's emulator and line discipline say after a program has ended. */
export interface TerminalState {
  /** tmux's formats, by name. */
  readonly flags: Readonly<Record<string, string>>;
  readonly rows: number;
  /** `stty -g` before the program began, and now. */
  readonly sttyBefore: string;
  readonly sttyNow: string;
  /** `stty -a`, for people. */
  readonly sttyWords: string;
  /** Every byte that the program wrote to the terminal. */
  readonly output: string;
}

/** What the emulator must say; the scroll region is the whole screen. */
const SOUND_FLAGS: Readonly<Record<string, readonly [value: string, problem: string]>> = {
  cursor_flag: ['1', 'the cursor is hidden'],
  alternate_on: ['0', 'the alternate screen is on'],
  mouse_any_flag: ['0', 'the mouse is reported'],
  insert_flag: ['0', 'characters are inserted'],
  keypad_cursor_flag: ['0', 'cursor keys are in application mode'],
  keypad_flag: ['0', 'the keypad is in application mode'],
  wrap_flag: ['1', 'long lines do not wrap'],
  origin_flag: ['0', 'the cursor is counted from the scroll region'],
  scroll_region_upper: ['0', 'a part of the screen does not scroll'],
};

/** The formats that {@link leftBehind} wants to know. */
export const FLAG_NAMES: readonly string[] = [...Object.keys(SOUND_FLAGS), 'scroll_region_lower'];

/** DEC private modes that tmux does not tell of. */
const SILENT_MODES: Readonly<Record<string, string>> = {
  '1004': 'a change of focus is reported',
  '2004': 'pasted text comes in brackets',
  '2026': 'the screen is not drawn anew',
};

/** What a program left behind that the next one, or the shell, would suffer from; empty when the terminal is sound. */
export function leftBehind(state: TerminalState): string[] {
  const { flags, rows, sttyBefore, sttyNow, sttyWords, output } = state;
  const problems = Object.entries(SOUND_FLAGS)
    .filter(([name, [value]]) => flags[name] !== value)
    .map(([name, [, problem]]) => `${problem} (${name}=${flags[name]})`);
  if (flags.scroll_region_lower !== String(rows - 1))
    problems.push(`a part of the screen does not scroll (scroll_region_lower=${flags.scroll_region_lower})`);
  for (const word of ['icanon', 'echo', 'isig', 'icrnl', 'opost', 'onlcr']) {
    if (new RegExp(`-${word}\\b`).test(sttyWords)) problems.push(`the terminal is set to -${word}`);
  }
  if (sttyNow !== sttyBefore) problems.push(`the terminal's settings changed: ${sttyBefore} → ${sttyNow}`);
  return [...problems, ...silentModes(output), ...attributes(output)];
}

function silentModes(output: string): string[] {
  const on = new Set<string>();
  for (const [, modes = '', letter] of output.matchAll(/\x1b\[\?([\d;]+)([hl])/g)) {
    for (const mode of modes.split(';')) letter === 'h' ? on.add(mode) : on.delete(mode);
  }
  return Object.entries(SILENT_MODES).flatMap(([mode, problem]) =>
    on.has(mode) ? [`${problem} (mode ${mode})`] : [],
  );
}

/** Bold, colours and the like that the shell's prompt would come in. */
function attributes(output: string): string[] {
  const on = new Set<string>();
  for (const [, codes = ''] of output.matchAll(/\x1b\[([\d;]*)m/g)) {
    const queue = codes.split(';').map(Number);
    while (queue.length > 0) applyAttribute(queue, on);
  }
  return on.size === 0 ? [] : [`text comes in ${[...on].join(', ')}`];
}

const ATTRIBUTES: readonly (readonly [name: string, on: readonly number[], off: readonly number[]])[] = [
  ['bold or faint', [1, 2], [22]],
  ['italic', [3], [23]],
  ['underline', [4, 21], [24]],
  ['blinking', [5, 6], [25]],
  ['inverse', [7], [27]],
  ['hidden', [8], [28]],
  ['struck through', [9], [29]],
  ['a colour', [...range(30, 38), ...range(90, 97)], [39]],
  ['a colour behind it', [...range(40, 48), ...range(100, 107)], [49]],
];

/** Takes one attribute off the queue: extended colours have parameters of their own. */
function applyAttribute(queue: number[], on: Set<string>): void {
  const code = queue.shift() ?? 0;
  if (code === 0) on.clear();
  for (const [name, sets, clears] of ATTRIBUTES) {
    if (sets.includes(code)) on.add(name);
    if (clears.includes(code)) on.delete(name);
  }
  if (code === 38 || code === 48) queue.splice(0, queue[0] === 5 ? 2 : 4);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
