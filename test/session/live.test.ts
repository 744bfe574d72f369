import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LiveSession } from '../../src/session/live.ts';
import type { Effect, EffectResult, State } from '../../src/session/state.ts';
import { resultsOf } from './arbitrary-session.ts';

/** A session whose effects end when the test says so. */
class Rig {
  readonly begun: Effect[] = [];
  readonly stopped: Effect['kind'][] = [];
  readonly live: LiveSession;
  #end: (result: EffectResult) => void = () => {};

  constructor() {
    this.live = new LiveSession({
      carryOut: (effect) => {
        this.begun.push(effect);
        return new Promise((resolve) => {
          this.#end = resolve;
        });
      },
      stop: (doing) => this.stopped.push(doing),
    });
  }

  async start(): Promise<void> {
    this.live.start();
    await turn();
  }

  /** Ends what is under way in one of the ways that `isWanted`. */
  async end(isWanted: (result: EffectResult) => boolean): Promise<void> {
    const effect = this.begun.at(-1);
    if (effect === undefined) throw new Error('nothing is under way');
    const [result] = fc.sample(resultsOf(effect).filter(isWanted), { numRuns: 1, seed: 1 });
    if (result === undefined) throw new Error('no such end');
    this.#end(result);
    await turn();
  }

  get state(): State['kind'] {
    return this.live.state.kind;
  }
}

const looked = (result: EffectResult): boolean =>
  result.kind === 'looked' && result.look.choices[0]?.kind === 'repair';
const passed = (result: EffectResult): boolean =>
  result.kind === 'rehearsed' &&
  result.rehearsed.rehearsals.every(({ rehearsal }) => rehearsal.plan !== null);

async function rehearsing(): Promise<Rig> {
  const rig = new Rig();
  await rig.start();
  await rig.end(looked);
  rig.live.act({ kind: 'choices' });
  const { state } = rig.live;
  const [choice] = 'look' in state ? state.look.choices : [];
  if (choice === undefined) throw new Error('nothing to choose');
  rig.live.act({ kind: 'choose', choice });
  await turn();
  expect(rig.state).toBe('working');
  return rig;
}

describe('a session that is under way', () => {
  test('q while the disks are looked at leaves when that is over', async () => {
    const rig = new Rig();
    await rig.start();
    rig.live.stop();
    expect(rig.live.state).toMatchObject({ kind: 'working', isStopping: true });
    await rig.end(looked);
    expect(rig.state).toBe('left');
  });

  test('q during the rehearsal leaves when that is over', async () => {
    const rig = await rehearsing();
    rig.live.stop();
    await rig.end(passed);
    expect(rig.state).toBe('left');
    expect(rig.stopped).toEqual(['rehearse']);
  });

  test('a signal during the rehearsal leaves when that is over', async () => {
    const rig = await rehearsing();
    rig.live.leave();
    await rig.end(passed);
    expect(rig.state).toBe('left');
    await rig.live.ended;
  });

  test('a signal before the first look leaves without one', async () => {
    const rig = new Rig();
    rig.live.leave();
    await rig.start();
    expect([rig.state, rig.begun]).toEqual(['left', []]);
  });

  test('nothing that is acted meanwhile begins a second effect', async () => {
    const rig = await rehearsing();
    const { length } = rig.begun;
    for (const kind of ['look-again', 'agree', 'back', 'leave', 'help', 'undo', 'go-on'] as const) {
      rig.live.act({ kind });
    }
    rig.live.act({ kind: 'yes', typed: 'vg' });
    await turn();
    expect([rig.state, rig.begun.length]).toEqual(['working', length]);
  });

  test('an effect that throws is told to whoever waits for the end', async () => {
    const live = new LiveSession({
      carryOut: () => Promise.reject(new Error('a bug')),
      stop: () => {},
    });
    live.start();
    await expect(live.ended).rejects.toThrow('a bug');
  });

  test('the log keeps the last lines, and every note is heard once', async () => {
    const rig = new Rig();
    const heard: string[] = [];
    const end = rig.live.hear((line) => heard.push(line));
    for (let n = 0; n < 5100; n++) rig.live.note(`line ${n}`);
    rig.live.keep('said on a page');
    end();
    rig.live.note('after that');
    expect([rig.live.log.length, heard.length]).toEqual([5000, 5100]);
    expect(rig.live.log.slice(-3)).toEqual(['line 5099', 'said on a page', 'after that']);
  });
});
