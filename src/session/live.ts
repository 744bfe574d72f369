import { act, begin, ended, leftAtOnce, type Session, stopping, type Turn } from './session.ts';
import type { Act, Effect, EffectResult, State } from './state.ts';

const MAX_LOG_LINES = 5000;

/** What a session does in the world. */
export interface Hands {
  carryOut(effect: Effect): Promise<EffectResult>;
  /** Asks what is under way to stop at the next safe place. */
  stop(doing: Effect['kind']): void;
}

/** A session that is under way: the state machine with its effects, and what it has to show for itself. */
export class LiveSession {
  readonly #hands: Hands;
  readonly #listeners = new Set<() => void>();
  readonly #hearers = new Set<(line: string) => void>();
  readonly #end = Promise.withResolvers<void>();
  #session: Session;
  #log: readonly string[] = [];
  #share: number | null = null;
  #leaves = false;
  /** Awaited before each effect, so that what is begun stands on the terminal when the program is busy. */
  beforeEffect: () => Promise<void> = async () => {};

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

  /** How much of the step in progress is done, from 0 to 1; null where that is not known. */
  get share(): number | null {
    return this.#share;
  }

  /** Resolves when the session is left; rejects when an effect threw, which is a bug. */
  get ended(): Promise<void> {
    return this.#end.promise;
  }

  start(): void {
    if (this.#leaves) this.#turn({ session: leftAtOnce(this.#session), effect: null });
    else this.#turn(begin());
  }

  act(wanted: Act): void {
    this.#turn(act(this.#session, wanted));
  }

  /** `q` or Ctrl-C: stops what is under way, else leaves. */
  stop(): void {
    const { state } = this;
    if (state.kind !== 'working') {
      this.act({ kind: 'leave' });
      return;
    }
    this.#session = stopping(this.#session);
    this.#hands.stop(state.doing);
    this.#tell();
  }

  /** A signal, or a console that went away: stops what is under way, and waits for nobody after it. */
  leave(): void {
    this.#leaves = true;
    this.stop();
  }

  /** Something that happens now: it goes to the log, and to who listens. */
  note(line: string): void {
    this.keep(line);
    for (const hearer of this.#hearers) hearer(line);
  }

  /** For the log alone: a page says it as well. */
  keep(line: string): void {
    this.#log = [...this.#log, line].slice(-MAX_LOG_LINES);
    this.#tell();
  }

  progress(share: number | null): void {
    this.#share = share;
    this.#tell();
  }

  /** Calls back with each note; returns what ends that. */
  hear(hearer: (line: string) => void): () => void {
    this.#hearers.add(hearer);
    return () => this.#hearers.delete(hearer);
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
    await this.beforeEffect();
    const result = await this.#hands.carryOut(effect);
    this.#turn(ended(this.#session, result));
    if (this.#leaves) this.act({ kind: 'leave' });
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
