import fc from 'fast-check';
import type { RehearsedPlan } from '../../src/engine/rehearse.ts';
import type { RepairReport } from '../../src/engine/repair.ts';
import type { RepairResult, UndoResult } from '../../src/engine/results.ts';
import { EXIT } from '../../src/exit-codes.ts';
import { volumeGroups } from '../../src/faults/volume-group/view.ts';
import type { Finding, Policy } from '../../src/model/finding.ts';
import type { VgPlan } from '../../src/model/plan.ts';
import type { Act, Choice, Effect, EffectResult, Look, State } from '../../src/session/state.ts';
import { surveyOfImage } from '../engine/survey-of-image.ts';
import { loadPv } from '../ondisk/lvm2/pv-fixture.ts';

const survey = surveyOfImage(loadPv('normal'));
const metadata = volumeGroups(survey)[0]?.base.metadata;
if (metadata === undefined || metadata === null) throw new Error('the fixture has no metadata');

const plan = (name: string, remedyId: string, policy: Policy): VgPlan => ({
  volumeGroup: { name, uuid: `uuid-${name}` },
  ...{ remedyId, policy, title: remedyId, caveats: [], losses: [], findingIds: ['f1'] },
  ...{ steps: [], texts: [], regionIds: [] },
  goal: { metadata, absentPvUuids: [], mustHold: [], seqnoAfter: 7, regionOfPv: {} },
});

const finding = (id: string, explainedBy: string | null): Finding => ({
  ...{ id, fault: 'lvm2-pv-marked-missing', volumeGroup: { name: 'vg', uuid: 'uuid-vg' } },
  ...{ pvUuid: null, regionId: null, devices: [], severity: 'error' },
  ...{ summary: 'something is wrong', explainedBy, evidence: [] },
});

const CHOICES: readonly Choice[] = [
  ...(['safe', 'degraded', 'ask', 'lossy'] as const).map(
    (policy): Choice => ({ kind: 'repair', id: policy, plans: [plan('vg', policy, policy)] }),
  ),
  { kind: 'repair', id: 'both', plans: [plan('vg', 'a', 'safe'), plan('other', 'b', 'safe')] },
  { kind: 'repair', id: 'mixed', plans: [plan('vg', 'a', 'safe'), plan('other', 'b', 'ask')] },
  { kind: 'activate', id: 'activate', volumes: [] },
  { kind: 'degraded', id: 'degraded' },
  { kind: 'recover', id: 'recover' },
];

const looks: fc.Arbitrary<Look> = fc.record({
  known: fc.record({
    survey: fc.constant(survey),
    findings: fc.constantFrom([], [finding('f1', null)], [finding('f1', null), finding('f2', 'f1')]),
    prospects: fc.constant([]),
    tried: fc.constant([]),
  }),
  choices: fc.subarray([...CHOICES]),
  wayBack: fc.constant({ folder: '/state', durability: 'stable' as const }),
  interrupted: fc.constantFrom(null, '20260101-000000'),
  recovered: fc.constant(null),
  canBoot: fc.boolean(),
});

const OUTCOMES: readonly RepairReport['outcome'][] = [
  'repaired',
  'declined',
  'failed',
  'undone',
  'cancelled',
];
const STATUS_OF = { healthy: 0, repaired: 1, declined: 4, failed: 12, undone: 12, cancelled: 36 } as const;

const repairs: fc.Arbitrary<RepairResult> = fc
  .record({ outcome: fc.constantFrom(...OUTCOMES), isHalfway: fc.boolean(), id: fc.nat(99) })
  .map(({ outcome, isHalfway, id }) => ({
    ...({ type: 'result', schemaVersion: 1, command: 'repair', dryRun: false, rehearsal: null } as const),
    ...{ unread: [], volumeGroups: [], findings: [], declined: [], activated: [], boot: null, failures: [] },
    recovered: [],
    outcome: isHalfway ? 'failed' : outcome,
    exitStatus: isHalfway ? EXIT.halfway : STATUS_OF[outcome],
    undoRecord:
      outcome === 'declined' || outcome === 'failed'
        ? null
        : { id: `record-${id}`, path: `/state/${id}`, durability: 'stable' },
  }));

const undos = (record: string): fc.Arbitrary<UndoResult> =>
  fc.boolean().map((isWhole) => ({
    ...({ type: 'result', schemaVersion: 1, command: 'undo', restoredBytes: 1, devices: [] } as const),
    ...{ exitStatus: isWhole ? EXIT.nothingWrong : EXIT.halfway, record, undoRecord: null },
    error: isWhole ? null : 'a disk is gone',
  }));

/** How an effect can end. */
export function resultsOf(effect: Effect): fc.Arbitrary<EffectResult> {
  const failed = fc.constant<EffectResult>({ kind: 'failed', message: 'it did not work' });
  switch (effect.kind) {
    case 'look':
      return fc.oneof(
        { weight: 5, arbitrary: looks.map((look): EffectResult => ({ kind: 'looked', look })) },
        failed,
      );
    case 'rehearse': {
      const { look, choice } = effect;
      const passed = fc.array(fc.boolean(), {
        minLength: choice.plans.length,
        maxLength: choice.plans.length,
      });
      const rehearsed = passed.map(
        (each): EffectResult => ({
          ...{ kind: 'rehearsed', look, choice },
          rehearsed: {
            ...{ known: look.known, declined: [] },
            rehearsals: choice.plans.map((of, index) => ({
              plan: of,
              rehearsal: {
                ...({ kind: 'replica', notReplica: null, failures: [], volumes: [], generation: 7 } as const),
                plan: each[index] ? (of as RehearsedPlan) : null,
              },
            })),
          },
        }),
      );
      return fc.oneof({ weight: 5, arbitrary: rehearsed }, failed);
    }
    case 'repair':
      return fc.oneof(
        { weight: 5, arbitrary: repairs.map((result): EffectResult => ({ kind: 'repaired', result })) },
        looks.map((look): EffectResult => ({ kind: 'looked', look })),
        failed,
      );
    case 'undo':
      return fc.oneof(
        {
          weight: 5,
          arbitrary: undos(effect.undoing.record).map((result): EffectResult => ({ kind: 'undone', result })),
        },
        failed,
      );
  }
}

/** What somebody may try in a state: what it offers, now and then with a word, and what it does not offer. */
export function actsTriedIn(state: State, offered: readonly Act[]): fc.Arbitrary<Act> {
  const word = fc.constantFrom<Act[]>(
    ...[null, '', 'y', 'vg', 'other', 'VG', 'vg ', 'vg\r'].map((typed): Act => ({ kind: 'yes', typed })),
  );
  const stray = fc.constantFrom<Act[]>(
    ...(['choices', 'agree', 'look-again', 'undo', 'go-on', 'back', 'help', 'log'] as const).map(
      (kind): Act => ({ kind }),
    ),
    { kind: 'finding', index: 1 },
  );
  const isQuestion = state.kind === 'confirm' || state.kind === 'confirm-undo';
  const own = offered.filter(({ kind }) => kind !== 'leave');
  return fc.oneof(
    { weight: isQuestion ? 6 : 1, arbitrary: word },
    { weight: 1, arbitrary: stray },
    ...(own.length > 0 ? [{ weight: 12, arbitrary: fc.constantFrom(...own) }] : []),
  );
}
