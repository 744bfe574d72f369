import { act, begin, ended, type Session, stopping, type Turn } from './session.ts';
import type { Act, Effect, Outcome, State } from './state.ts';

const MAX_LOG_LINES = 5000;

/** What a session does in the world. */
export interface Hands {
  carryOut(effect: Effect): Promise<Outcome>;
  /** Asks what is under way to stop at the next safe place. */
  stop(): void;
}

/** A session that is under way: the state machine with its effects, and what it has to show for itself. */
export class LiveSession {
  readonly #hands: Hands;
  readonly #listeners = new Set<() => void>();
  readonly #end = Promise.withResolvers<void>();
  #session: Session;
  #log: readonly string[] = [];
  #lineCount = 0;
  #share: number | null = null;

  /** Nothing happens before `start`. */
  constructor(hands: Hands) {
    this.#hands = hands;
    this.#session = begin().session;
  }

  get state(): State {
    return this.#session.state;
  }

  /** What happened so far, a line each. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** How many lines there were ever in the log, of which it keeps the last. */
  get lineCount(): number {
    return this.#lineCount;
  }

  /** How much of the step in progress is done, from 0 to 1; null where that is not known. */
  get share(): number | null {
    return this.#share;
  }

  /** Resolves when the session is left; rejects when an effect threw, which is a bug. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  start(): void {
    this.#turn(begin());
  }

  act(wanted: Act): void {
    this.#turn(act(this.#session, wanted));
  }

  /** Ctrl-C, a signal, a console that went away: stops what is under way, else leaves. */
  stop(): void {
    if (this.state.kind !== 'working') {
      this.act({ kind: 'leave' });
      return;
    }
    this.#session = stopping(this.#session);
    this.#hands.stop();
    this.#tell();
  }

  note(line: string): void {
    this.#log = [...this.#log, line].slice(-MAX_LOG_LINES);
    this.#lineCount++;
    this.#tell();
  }

  progress(share: number | null): void {
    this.#share = share;
    this.#tell();
  }

  /** Calls back at every change; returns what ends that. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #turn({ session, effect }: Turn): void {
    this.#session = session;
    this.#share = null;
    this.#tell();
    if (this.state.kind === 'left') this.#end.resolve();
    if (effect !== null) this.#carryOut(effect).catch(this.#end.reject);
  }

  async #carryOut(effect: Effect): Promise<void> {
    const outcome = await this.#hands.carryOut(effect);
    this.#turn(ended(this.#session, outcome));
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
