import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnose, isFault } from '../../src/engine/diagnose.ts';
import { prospects } from '../../src/engine/plan.ts';
import { volumeGroups } from '../../src/faults/volume-group/view.ts';
import { runsOf } from '../../src/model/extents.ts';
import type { VgMetadata } from '../../src/model/metadata.ts';
import { changesDisks } from '../../src/model/plan.ts';
import { type Style, ToyGroup, type ToyRun } from './toy-lvm.ts';

/** `RUNS=20000` looks much longer. */
const RUNS = Number(process.env.RUNS ?? 300);
const STYLES: readonly Style[] = ['a generation a volume', 'the same, with descriptions', 'at once'];

const step = fc.oneof(
  { weight: 3, arbitrary: fc.nat(15).map((n) => ({ kind: 'create', n }) as const) },
  fc.nat(9).map((n) => ({ kind: 'extend', n }) as const),
  fc.nat(9).map((n) => ({ kind: 'remove', n }) as const),
  fc.nat(9).map((n) => ({ kind: 'rename', n }) as const),
  fc.constant({ kind: 'change' } as const),
  { weight: 2, arbitrary: fc.nat(3).map((n) => ({ kind: 'detach', n }) as const) },
  fc.nat(3).map((n) => ({ kind: 'attach', n }) as const),
  fc.constant({ kind: 'restoreMissing' } as const),
  {
    weight: 2,
    arbitrary: fc
      .record({ style: fc.constantFrom(...STYLES), steps: fc.constantFrom(99, 99, 99, 0, 1, 2) })
      .map((drop) => ({ kind: 'drop', ...drop }) as const),
  },
  fc.nat(3).map((n) => ({ kind: 'takeIn', n }) as const),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function play(steps: readonly Step[], ringLength: number, stayAway: number): ToyGroup {
  const group = new ToyGroup(4, ringLength);
  for (const each of steps) {
    switch (each.kind) {
      case 'change':
        group.change();
        break;
      case 'restoreMissing':
        group.restoreMissing();
        break;
      case 'drop':
        group.dropMissing(each.style, each.steps);
        break;
      default:
        group[each.kind](each.n);
    }
  }
  // What was away comes back, but for at most one.
  for (const [n] of group.pvs.entries()) if (n !== stayAway) group.attach(n);
  return group;
}

const story = fc.record({
  steps: fc.array(step, { minLength: 3, maxLength: 30 }),
  ringLength: fc.constantFrom(3, 5, 100, 100, 100),
  stayAway: fc.constantFrom(-1, -1, -1, 0, 2),
});

/** An LV as a text has it: the same id, and all that the owner had of it where it was. */
function holds(metadata: VgMetadata, uuid: string, runs: readonly ToyRun[]): boolean {
  const lv = metadata.lvs.find((each) => each.uuid === uuid);
  const there = lv === undefined ? [] : runsOf(lv, metadata);
  return runs.every(({ pv, start, count }) =>
    there.some((run) => run.pvUuid === pv && run.startExtent === start && run.extentCount === count),
  );
}

describe('a volume group that lived through anything', () => {
  test('is never called repaired, or repairable without loss, while a volume of it would be missing or is overwritten', () => {
    fc.assert(
      fc.property(story, ({ steps, ringLength, stayAway }) => {
        const group = play(steps, ringLength, stayAway);
        const survey = group.survey();
        const findings = diagnose(survey);
        for (const plan of prospects(survey, findings).flatMap(({ plans }) => plans)) {
          if (plan.policy !== 'safe' || !changesDisks(plan)) continue;
          for (const [uuid, { name, runs }] of group.owed) {
            expect([plan.title, name, holds(plan.goal.metadata, uuid, runs)]).toEqual([
              plan.title,
              name,
              true,
            ]);
            expect([plan.title, name, group.overwritten.has(uuid)]).toEqual([plan.title, name, false]);
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('with all its generations at hand, is in order only if nothing is missing, or what is missing is named', () => {
    fc.assert(
      fc.property(story, ({ steps, stayAway }) => {
        const group = play(steps, 100, stayAway);
        const survey = group.survey();
        const findings = diagnose(survey);
        const base = volumeGroups(survey)[0]?.base.metadata;
        if (base === undefined || findings.some(isFault)) return;
        const said = findings.map(({ summary }) => summary).join('\n');
        for (const [uuid, { name, runs }] of group.owed) {
          if (!holds(base, uuid, runs)) expect(said).toContain(name);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('whose disks are all back after one forced removal gets every volume back by itself, whatever lvm did it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(15), { minLength: 1, maxLength: 6 }),
        fc.nat(3),
        fc.constantFrom(...STYLES),
        fc.nat(3),
        (lvs, away, style, changes) => {
          const group = new ToyGroup(4, 100);
          for (const from of lvs) group.create(from);
          group.detach(away);
          group.dropMissing(style, 99);
          for (let n = 0; n < changes; n++) group.change();
          group.attach(away);
          const survey = group.survey();
          const findings = diagnose(survey);
          const lostAny = findings.some(isFault);
          const safe = prospects(survey, findings).flatMap(({ plans }) => plans);
          const after = lostAny
            ? safe.find(({ policy }) => policy === 'safe')?.goal.metadata
            : volumeGroups(survey)[0]?.base.metadata;
          for (const [uuid, { name, runs }] of group.owed) {
            expect([name, after !== undefined && holds(after, uuid, runs)]).toEqual([name, true]);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });
});
