import { bootState } from '../engine/boot/bring-up.ts';
import { isFault } from '../engine/diagnose.ts';
import { EXIT } from '../exit-codes.ts';
import type { Finding } from '../model/finding.ts';
import { assertNever } from '../model/result.ts';
import { type Deeds, NO_DEEDS, withDeed } from './deeds.ts';
import {
  type Act,
  type Effect,
  type EffectResult,
  hasPassed,
  type Look,
  type Shown,
  type State,
  type Working,
  wordToType,
} from './state.ts';

/** A guided repair: where it is, and what it has done. */
export interface Session {
  readonly state: State;
  readonly deeds: Deeds;
}

/** Where it goes from there; `effect` is what has to be done in the world now. */
export interface Turn {
  readonly session: Session;
  readonly effect: Effect | null;
}

export const begin = (): Turn => ({
  session: { state: working('look', null), deeds: NO_DEEDS },
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
      return [...ownActs(state), ...(backFrom(state) === null ? [] : [BACK]), LOG, HELP, LEAVE];
  }
}

const BACK: Act = { kind: 'back' };
const LOG: Act = { kind: 'log' };
const HELP: Act = { kind: 'help' };
const LEAVE: Act = { kind: 'leave' };
const CHOICES: Act = { kind: 'choices' };
const LOOK_AGAIN: Act = { kind: 'look-again' };
const GO_ON: Act = { kind: 'go-on' };
const YES: Act = { kind: 'yes', typed: null };

function ownActs(state: Shown): Act[] {
  switch (state.kind) {
    case 'machine': {
      const { look } = state;
      return [...(canGoOn(look) ? [GO_ON] : []), ...choicesAct(look), ...firstFinding(look), LOOK_AGAIN];
    }
    case 'finding': {
      const isLast = state.index + 1 >= findingsOf(state.look).length;
      const next: Act[] = isLast ? [] : [{ kind: 'finding', index: state.index + 1 }];
      return [...next, ...choicesAct(state.look)];
    }
    case 'choices': {
      const { look } = state;
      return [...look.choices.map((choice): Act => ({ kind: 'choose', choice })), ...firstFinding(look)];
    }
    case 'rehearsed':
      return hasPassed(state.rehearsed) ? [{ kind: 'agree' }] : [];
    case 'confirm':
    case 'confirm-undo':
      return [YES];
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

const firstFinding = (look: Look): Act[] =>
  findingsOf(look).length > 0 ? [{ kind: 'finding', index: 0 }] : [];

/** Findings as they are gone through: those that others explain are told with these. */
export const findingsOf = ({ known }: Look): Finding[] =>
  known.findings.filter(({ explainedBy }) => explainedBy === null);

const canGoOn = ({ known, canBoot, interrupted }: Look): boolean =>
  canBoot && interrupted === null && bootState(known.survey).goesOn;

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
  if ('under' in state) return go(state.under);
  switch (wanted.kind) {
    case 'help':
    case 'log':
      return go({ kind: wanted.kind, under: state });
    case 'back':
      return go(backFrom(state) ?? state);
    case 'look-again':
      return go(working('look', state), { kind: 'look' });
    case 'go-on':
      return go(left(session, true));
    case 'undo': {
      if (state.kind !== 'done' || state.result.undoRecord === null) return stay;
      const { undoRecord, activated, boot } = state.result;
      const undoing = { record: undoRecord.id, activated: [...activated, ...(boot?.partial ?? [])] };
      return go({ kind: 'confirm-undo', undoing, from: state });
    }
    case 'yes':
      if (state.kind !== 'confirm-undo') break;
      return go(working('undo', null), { kind: 'undo', undoing: state.undoing });
  }
  return 'look' in state ? go(...onTheWay(state, wanted)) : stay;
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
      if (choice.kind === 'repair') return [working('rehearse', state), { kind: 'rehearse', look, choice }];
      // What only activates has nothing to rehearse.
      return [{ kind: 'confirm', look, choice, rehearsed: null, mistyped: false, from: state }, null];
    }
    case 'agree':
      if (state.kind !== 'rehearsed') return [state, null];
      return [{ ...state, kind: 'confirm', mistyped: false, from: state }, null];
    case 'yes': {
      if (state.kind !== 'confirm') return [state, null];
      const { choice, rehearsed } = state;
      const word = wordToType(choice);
      if (word !== null && wanted.typed !== word) return [{ ...state, mistyped: true }, null];
      return [working('repair', null), { kind: 'repair', look, choice, rehearsed }];
    }
    default:
      return assertNever(wanted);
  }
}

/** Null where there is no way back. */
function backFrom(state: Shown): Shown | null {
  switch (state.kind) {
    case 'finding':
    case 'confirm':
    case 'confirm-undo':
    case 'failed':
      return state.from;
    case 'choices':
      return { kind: 'machine', look: state.look };
    case 'rehearsed':
      return { kind: 'choices', look: state.look };
    default:
      return null;
  }
}

/** What the end of an effect leads to. */
export function ended(session: Session, result: EffectResult): Turn {
  const { state } = session;
  if (state.kind !== 'working') return { session, effect: null };
  const after: Session = {
    state: shownAfter(result, state.from),
    deeds: withDeed(session.deeds, result),
  };
  // Who asked to stop gets out; how a repair that was taken back ended is still shown.
  const leaves = state.isStopping && result.kind !== 'repaired' && result.kind !== 'undone';
  return { session: leaves ? { ...after, state: left(after, false) } : after, effect: null };
}

/** What was asked for on a look that is over is not offered again: `from` is null after whatever may have written. */
function shownAfter(result: EffectResult, from: Shown | null): Shown {
  switch (result.kind) {
    case 'looked':
      return { kind: 'machine', look: result.look };
    case 'rehearsed':
    case 'undone':
      return result;
    case 'repaired':
      return { kind: 'done', result: result.result };
    case 'failed':
      return { kind: 'failed', message: result.message, from };
    default:
      return assertNever(result);
  }
}

/** Notes that the person wants what is under way to stop. */
export function stopping(session: Session): Session {
  const { state } = session;
  return state.kind === 'working' ? { ...session, state: { ...state, isStopping: true } } : session;
}

/** Left before anything was looked at. */
export const leftAtOnce = (session: Session): Session => ({ ...session, state: left(session, false) });

function left({ state, deeds }: Session, bootGoesOn: boolean): State {
  const shown = 'under' in state ? state.under : state;
  const last = shown.kind === 'working' || shown.kind === 'left' ? null : shown;
  return {
    kind: 'left',
    ...{ bootGoesOn, last, exitStatus: statusOf(last, deeds), isUnchanged: !deeds.hasWritten },
  };
}

/** fsck(8)'s bits: what was repaired, what is left, and that somebody left before it was done. */
function statusOf(last: Shown | null, deeds: Deeds): number {
  const { repaired, isHalfway } = deeds;
  if (isHalfway) return EXIT.halfway;
  if (last?.kind === 'done' || last?.kind === 'undone') return last.result.exitStatus;
  const done = repaired.length > 0 ? EXIT.repaired : 0;
  if (last?.kind === 'failed') {
    return last.from === null ? EXIT.operationalError + done : statusOf(last.from, deeds);
  }
  if (last === null || !('look' in last)) return done || EXIT.cancelled;
  if (!last.look.known.findings.some(isFault) && last.look.interrupted === null) return done;
  return EXIT.faultsLeft + (done || EXIT.cancelled);
}
