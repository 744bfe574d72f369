import type { RecordFiles } from '../ports.ts';

const FILE = 'journal.ndjson';

/** One line, as it stands in a record's journal. */
export type JournalLine =
  | {
      readonly event: 'step-begins' | 'step-ends';
      readonly step: number;
      readonly volumeGroup?: string;
      readonly result?: string;
      readonly at: string;
    }
  | { readonly event: 'verified' | 'finished' | 'rolling-back' | 'rolled-back'; readonly at: string };

/** The journal of a record: every line is on stable storage before the next thing happens. */
export class Journal {
  readonly #files: RecordFiles;
  readonly #id: string;
  readonly #clock: () => Date;

  constructor(files: RecordFiles, id: string, clock: () => Date) {
    this.#files = files;
    this.#id = id;
    this.#clock = clock;
  }

  stepBegins(step: number, volumeGroup: string): void {
    this.#append({ event: 'step-begins', step, volumeGroup, at: this.#now() });
  }

  stepEnds(step: number, result: string): void {
    this.#append({ event: 'step-ends', step, result, at: this.#now() });
  }

  note(event: 'verified' | 'finished' | 'rolling-back' | 'rolled-back'): void {
    this.#append({ event, at: this.#now() });
  }

  /** All whole lines; a last line that a kill cut short is left out. */
  lines(): JournalLine[] {
    const bytes = this.#files.read(this.#id, FILE);
    if (bytes === null) return [];
    return new TextDecoder()
      .decode(bytes)
      .split('\n')
      .flatMap((line) => {
        try {
          return line === '' ? [] : [JSON.parse(line) as JournalLine];
        } catch {
          return [];
        }
      });
  }

  has(event: JournalLine['event']): boolean {
    return this.lines().some((line) => line.event === event);
  }

  #append(line: JournalLine): void {
    this.#files.append(this.#id, FILE, JSON.stringify(line));
  }

  #now(): string {
    return this.#clock().toISOString();
  }
}
