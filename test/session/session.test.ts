import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../src/exit-codes.ts';
import { act, actsIn, begin, ended, type Session, stopping, type Turn } from '../../src/session/session.ts';
import { type Act, type Effect, hasPassed, wordToType } from '../../src/session/state.ts';
import { actsTriedIn, resultsOf } from './arbitrary-session.ts';

interface Step {
  readonly before: Session;
  /** Null for the end of an effect. */
  readonly wanted: Act | null;
  readonly turn: Turn;
}

const MOST_STEPS = 40;
const RUNS = { numRuns: 100 };
const MANY_RUNS = { numRuns: 500, seed: 1 };

/** What somebody could do and see in a session, as long as `pick` likes. */
function walk(pick: <Value>(from: () => fc.Arbitrary<Value>) => Value): Step[] {
  const steps: Step[] = [];
  let { session, effect }: { session: Session; effect: Effect | null } = begin();
  for (let n = 0; n < MOST_STEPS && session.state.kind !== 'left'; n++) {
    const before = session;
    if (effect !== null) {
      const running: Effect = effect;
      if (pick(() => fc.nat(9)) === 0) session = stopping(session);
      const turn = ended(
        session,
        pick(() => resultsOf(running)),
      );
      steps.push({ before: session, wanted: null, turn });
      ({ session, effect } = turn);
      continue;
    }
    const wanted = pick(() => actsTriedIn(before.state, actsIn(before.state)));
    const turn = act(session, wanted);
    steps.push({ before, wanted, turn });
    ({ session, effect } = turn);
  }
  return steps;
}

/** Holds for every step of every session. */
function always(holds: (step: Step) => void, runs: fc.Parameters<unknown> = RUNS): void {
  fc.assert(
    fc.property(fc.gen(), (gen) => {
      for (const step of walk((from) => gen(from))) holds(step);
    }),
    runs,
  );
}

describe('a guided repair, whatever is done in it', () => {
  test('walks get everywhere: the other properties are about something', () => {
    const seen = new Set<string>();
    always(({ turn: { session, effect } }) => {
      seen.add(session.state.kind);
      if (effect !== null) seen.add(`effect ${effect.kind}`);
    }, MANY_RUNS);
    expect([...seen].sort()).toEqual(
      [
        ...['machine', 'finding', 'choices', 'rehearsed', 'confirm', 'confirm-undo', 'done', 'undone'],
        ...['failed', 'help', 'log', 'working', 'left'],
        ...['effect look', 'effect rehearse', 'effect repair', 'effect undo'],
      ].sort(),
    );
  });

  test('the disks are written only after a yes to the question, for what was rehearsed and passed', () => {
    always(({ before: { state }, wanted, turn: { effect } }) => {
      if (effect?.kind !== 'repair') return;
      if (state.kind !== 'confirm' || wanted?.kind !== 'yes') throw new Error('written without a question');
      expect(effect.choice).toBe(state.choice);
      expect(effect.look).toBe(state.look);
      expect(effect.rehearsed).toBe(state.rehearsed);
      const word = wordToType(effect.choice);
      if (word !== null) expect(wanted.typed).toBe(word);
      if (effect.choice.kind !== 'repair') return;
      expect(effect.rehearsed !== null && hasPassed(effect.rehearsed)).toBe(true);
      expect(effect.rehearsed?.rehearsals.map(({ plan }) => plan)).toEqual(effect.choice.plans);
    });
  });

  test('a wrong word does nothing but say so', () => {
    always(({ before: { state }, wanted, turn: { session, effect } }) => {
      if (state.kind !== 'confirm' || wanted?.kind !== 'yes') return;
      const word = wordToType(state.choice);
      if (word === null || wanted.typed === word) return;
      expect(effect).toBeNull();
      expect(session.state).toEqual({ ...state, mistyped: true });
    });
  });

  test('a repair is taken back only after a yes to that question', () => {
    always(({ before: { state }, wanted, turn: { effect } }) => {
      if (effect?.kind !== 'undo') return;
      expect([state.kind, wanted?.kind]).toEqual(['confirm-undo', 'yes']);
    });
  });

  test('looking around, going back and leaving do nothing to the machine', () => {
    const harmless = ['back', 'help', 'log', 'leave', 'choices', 'finding', 'agree', 'undo', 'go-on'];
    always(({ wanted, turn }) => {
      if (wanted !== null && harmless.includes(wanted.kind)) expect(turn.effect).toBeNull();
    });
  });

  test('what is not offered changes nothing', () => {
    always(({ before, wanted, turn }) => {
      if (wanted === null || actsIn(before.state).some(({ kind }) => kind === wanted.kind)) return;
      expect(turn).toEqual({ session: before, effect: null });
    });
  });

  test('leave leaves, from wherever nothing is at work, and there is no way on', () => {
    always(({ turn: { session } }) => {
      if (session.state.kind === 'working') return;
      const { session: after, effect } = act(session, { kind: 'leave' });
      expect([after.state.kind, effect]).toEqual(['left', null]);
      expect(actsIn(after.state)).toEqual([]);
      for (const kind of ['back', 'look-again', 'go-on'] as const) {
        expect(act(after, { kind })).toEqual({ session: after, effect: null });
      }
    });
  });

  test('back, again and again, comes to a state without a way back, and never in a circle', () => {
    always(({ turn: { session } }) => {
      let at = session;
      for (let n = 0; actsIn(at.state).some(({ kind }) => kind === 'back'); n++) {
        expect(n).toBeLessThan(2 * MOST_STEPS);
        at = act(at, { kind: 'back' }).session;
      }
    });
  });

  test('help and log give back exactly what they cover', () => {
    always(({ turn: { session } }) => {
      for (const kind of ['help', 'log'] as const) {
        if (!actsIn(session.state).some((each) => each.kind === kind)) continue;
        const covered = act(session, { kind }).session;
        expect(covered.state.kind).toBe(kind);
        expect(act(covered, { kind: 'back' }).session.state).toBe(session.state);
      }
    });
  });

  test('while something is at work nothing can be chosen, and who asked to stop gets out or is told the end', () => {
    always(({ before, wanted, turn: { session } }) => {
      if (before.state.kind !== 'working') return;
      if (wanted !== null) expect(session).toBe(before);
      else if (before.state.isStopping) expect(['left', 'done', 'undone']).toContain(session.state.kind);
    });
  });

  test('the exit status is one of fsck(8): halfway is never forgotten, and only what stands counts as repaired', () => {
    always(({ turn: { session } }) => {
      if (session.state.kind === 'working') return;
      const { state } = act(session, { kind: 'leave' }).session;
      if (state.kind !== 'left') throw new Error('not left');
      const { exitStatus } = state;
      const { repaired, isHalfway, hasWritten } = session.deeds;
      if (isHalfway) expect(exitStatus).toBe(EXIT.halfway);
      else expect(exitStatus).toBeLessThan(EXIT.halfway);
      if (repaired.length === 0 && state.last?.kind !== 'done') expect(exitStatus & EXIT.repaired).toBe(0);
      expect(state.isUnchanged).toBe(!hasWritten);
    });
  });
});
