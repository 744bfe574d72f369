import { bootState } from '../engine/boot/bring-up.ts';
import { isFault } from '../engine/diagnose.ts';
import { EXIT } from '../exit-codes.ts';
import type { Finding } from '../model/finding.ts';
import { assertNever } from '../model/result.ts';
import {
  type Act,
  type Effect,
  hasPassed,
  type Look,
  type Outcome,
  type Shown,
  type State,
  type Working,
  wordToType,
} from './state.ts';

/** A guided repair: where it is, and what it has done. */
export interface Session {
  readonly state: State;
  /** Something was repaired in it, and not undone. */
  readonly hasRepaired: boolean;
}

/** Where it goes from there; `effect` is what has to be done in the world now. */
export interface Turn {
  readonly session: Session;
  readonly effect: Effect | null;
}

export const begin = (): Turn => ({
  session: { state: working('look', null), hasRepaired: false },
  effect: { kind: 'look' },
});

const working = (doing: Working['doing'], from: Shown | null): Working => ({
  kind: 'working',
  ...{ doing, from, isStopping: false },
});

/** What a person can do now; the first is what Enter takes. Help, log and leaving come last, where they are possible. */
export function actsIn(state: State): readonly Act[] {
  switch (state.kind) {
    case 'working':
    case 'left':
      return [];
    case 'help':
    case 'log':
      return [BACK, LEAVE];
    default:
      return [...ownActs(state), ...(hasBack(state) ? [BACK] : []), LOG, HELP, LEAVE];
  }
}

const BACK: Act = { kind: 'back' };
const LOG: Act = { kind: 'log' };
const HELP: Act = { kind: 'help' };
const LEAVE: Act = { kind: 'leave' };
const CHOICES: Act = { kind: 'choices' };
const LOOK_AGAIN: Act = { kind: 'look-again' };
const GO_ON: Act = { kind: 'go-on' };

function ownActs(state: Shown): Act[] {
  switch (state.kind) {
    case 'machine': {
      const isReady = canGoOn(state.look);
      const first: Act[] = findingsOf(state.look).length > 0 ? [{ kind: 'finding', index: 0 }] : [];
      return [...(isReady ? [GO_ON] : []), ...choicesAct(state.look), ...first, LOOK_AGAIN];
    }
    case 'finding': {
      const isLast = state.index + 1 >= findingsOf(state.look).length;
      const next: Act[] = isLast ? [] : [{ kind: 'finding', index: state.index + 1 }];
      return [...next, ...choicesAct(state.look)];
    }
    case 'choices':
      return [
        ...state.look.choices.map((choice): Act => ({ kind: 'choose', choice })),
        { kind: 'finding', index: 0 },
      ];
    case 'rehearsed':
      return hasPassed(state.rehearsed) ? [{ kind: 'agree' }] : [];
    case 'confirm':
      return [{ kind: 'yes', typed: null }];
    case 'done': {
      const { boot, undoRecord, outcome } = state.result;
      const undo: Act[] = undoRecord !== null && outcome === 'repaired' ? [{ kind: 'undo' }] : [];
      return [...(boot?.goesOn ? [GO_ON] : []), LOOK_AGAIN, ...undo];
    }
    case 'undone':
    case 'failed':
      return [LOOK_AGAIN];
    default:
      return assertNever(state);
  }
}

const choicesAct = ({ choices }: Look): Act[] => (choices.length > 0 ? [CHOICES] : []);

/** Findings as they are gone through: those that others explain are told with these. */
export const findingsOf = ({ known }: Look): Finding[] =>
  known.findings.filter(({ explainedBy }) => explainedBy === null);

const canGoOn = ({ known: { survey } }: Look): boolean =>
  survey.machine.inInitramfs && bootState(survey).goesOn;

const hasBack = (state: Shown): boolean =>
  ['finding', 'choices', 'rehearsed', 'confirm'].includes(state.kind) ||
  (state.kind === 'failed' && state.from !== null);

/** What an act leads to. What the state does not offer changes nothing. */
export function act(session: Session, wanted: Act): Turn {
  const { state } = session;
  const stay: Turn = { session, effect: null };
  const offered = actsIn(state).some((each) => each.kind === wanted.kind);
  if (!offered || state.kind === 'working' || state.kind === 'left') return stay;
  const go = (next: State, effect: Effect | null = null): Turn => ({
    session: { ...session, state: next },
    effect,
  });
  if (wanted.kind === 'leave') return go(left(session, false));
  if (state.kind === 'help' || state.kind === 'log') return go(state.under);
  switch (wanted.kind) {
    case 'help':
    case 'log':
      return go({ kind: wanted.kind, under: state });
    case 'back':
      return go(backFrom(state));
    case 'look-again':
      return go(working('look', state), { kind: 'look' });
    case 'go-on':
      return go(left(session, true));
    case 'undo': {
      if (state.kind !== 'done' || state.result.undoRecord === null) return stay;
      const { undoRecord, activated } = state.result;
      return go(working('undo', state), { kind: 'undo', record: undoRecord.id, activated });
    }
    default:
      return 'look' in state ? go(...onTheWay(state, wanted)) : stay;
  }
}

type Looking = Extract<Shown, { look: Look }>;

/** From the machine to the repair. */
function onTheWay(
  state: Looking,
  wanted: Extract<Act, { kind: 'choices' | 'finding' | 'choose' | 'agree' | 'yes' }>,
): [State, Effect | null] {
  const { look } = state;
  switch (wanted.kind) {
    case 'choices':
      return [{ kind: 'choices', look }, null];
    case 'finding': {
      const from = state.kind === 'finding' ? state.from : state;
      return [{ kind: 'finding', look, index: wanted.index, from }, null];
    }
    case 'choose': {
      const { choice } = wanted;
      // What only activates has nothing to rehearse.
      if (choice.kind !== 'repair')
        return [{ kind: 'confirm', look, choice, rehearsed: null, mistyped: false }, null];
      return [working('rehearse', state), { kind: 'rehearse', look, choice }];
    }
    case 'agree':
      if (state.kind !== 'rehearsed') return [state, null];
      return [{ ...state, kind: 'confirm', mistyped: false }, null];
    case 'yes': {
      if (state.kind !== 'confirm') return [state, null];
      const { choice, rehearsed } = state;
      const word = wordToType(choice);
      if (word !== null && wanted.typed !== word) return [{ ...state, mistyped: true }, null];
      return [working('repair', state), { kind: 'repair', look, choice, rehearsed }];
    }
    default:
      return assertNever(wanted);
  }
}

function backFrom(state: Shown): State {
  switch (state.kind) {
    case 'finding':
      return state.from;
    case 'choices':
      return { kind: 'machine', look: state.look };
    case 'rehearsed':
      return { kind: 'choices', look: state.look };
    case 'confirm': {
      const { look, choice, rehearsed } = state;
      return rehearsed === null ? { kind: 'choices', look } : { kind: 'rehearsed', look, choice, rehearsed };
    }
    case 'failed':
      return state.from ?? state;
    default:
      return state;
  }
}

/** What the end of an effect leads to. */
export function ended(session: Session, outcome: Outcome): Turn {
  const { state } = session;
  if (state.kind !== 'working') return { session, effect: null };
  const next = shownAfter(outcome, state.from);
  const hasRepaired =
    outcome.kind === 'repaired'
      ? session.hasRepaired || outcome.result.outcome === 'repaired'
      : session.hasRepaired && outcome.kind !== 'undone';
  const after: Session = { state: next, hasRepaired };
  // Who asked to stop gets out; how a repair that was taken back ended is still shown.
  const leaves = state.isStopping && outcome.kind !== 'repaired' && outcome.kind !== 'undone';
  return { session: leaves ? { ...after, state: left(after, false) } : after, effect: null };
}

function shownAfter(outcome: Outcome, from: Shown | null): Shown {
  switch (outcome.kind) {
    case 'looked':
      return { kind: 'machine', look: outcome.look };
    case 'rehearsed':
      return outcome;
    case 'repaired':
      return { kind: 'done', result: outcome.result };
    case 'undone':
      return outcome;
    case 'failed':
      return { kind: 'failed', message: outcome.message, from };
    default:
      return assertNever(outcome);
  }
}

/** Notes that the person wants what is under way to stop. */
export function stopping(session: Session): Session {
  const { state } = session;
  return state.kind === 'working' ? { ...session, state: { ...state, isStopping: true } } : session;
}

function left({ state, hasRepaired }: Session, bootGoesOn: boolean): State {
  const shown = state.kind === 'help' || state.kind === 'log' ? state.under : state;
  const last = shown.kind === 'working' || shown.kind === 'left' ? null : shown;
  return { kind: 'left', bootGoesOn, exitStatus: statusOf(shown, hasRepaired), last };
}

/** fsck(8)'s bits: what was repaired, what is left, and that somebody left before it was done. */
function statusOf(state: State, hasRepaired: boolean): number {
  const done = hasRepaired ? EXIT.repaired : 0;
  if (state.kind === 'done' || state.kind === 'undone') return state.result.exitStatus;
  if (!('look' in state)) return hasRepaired ? done : EXIT.cancelled;
  if (!state.look.known.findings.some(isFault)) return done;
  return EXIT.faultsLeft + (hasRepaired ? done : EXIT.cancelled);
}
