import type { Progress } from '../../engine/ports.ts';
import { visible } from '../../model/escape.ts';
import type { Face } from '../face.ts';
import { commandLines, phaseLine, progressLine, writeLines } from '../wording.ts';

/** Lines of text: for a terminal of any kind, a serial line, a log. Whatever comes from a disk is made visible first. */
export function plainFace(
  write: (line: string) => void,
  options: {
    readonly verbose: boolean;
    /** Absent where nobody can be asked. */
    readonly person?: Pick<Face, 'questions' | 'guide'>;
    readonly writeError: (line: string) => void;
  },
): Face {
  const print = (line: string) => write(visible(line));
  const say = (lines: readonly string[]) => {
    for (const line of lines) print(line);
  };
  const progress = new ProgressLines(print);
  return {
    notify(event) {
      switch (event.type) {
        case 'phase':
          progress.end();
          print(phaseLine(event));
          break;
        case 'command':
          if (event.on === 'live' || options.verbose) say(commandLines(event));
          break;
        case 'write':
          if (event.on === 'live' || options.verbose) say(writeLines(event));
          break;
        case 'ran':
          if (options.verbose || event.run.exitCode !== 0) printOutput(event.run, print);
          break;
        case 'progress':
          progress.step(event);
      }
    },
    say,
    result: () => {},
    error: (message) => options.writeError(visible(`lvmedic: ${message}`)),
    ...(options.person ?? { questions: null, guide: null }),
  };
}

function printOutput(
  run: { readonly stdout: string; readonly stderr: string },
  print: (line: string) => void,
): void {
  for (const line of `${run.stdout}${run.stderr}`.split('\n')) {
    if (line.trim() !== '') print(`    | ${line.trim()}`);
  }
}

const QUARTER = 0.25;

/** Progress as whole lines, at most four a phase: a serial line at 9600 baud shows them without delay. */
class ProgressLines {
  readonly #print: (line: string) => void;
  #shown = 0;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  step(event: Progress & { type: 'progress' }): void {
    // A handful of steps is over before a line about it is read.
    if (event.total < 16 || event.done / event.total < this.#shown + QUARTER) return;
    this.#shown = event.done / event.total;
    this.#print(progressLine(event));
  }

  end(): void {
    this.#shown = 0;
  }
}
