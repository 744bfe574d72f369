import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { throughGate } from '../../src/engine/gate.ts';
import type { VolumeGroupView } from '../../src/faults/volume-group/view.ts';
import { volumeGroups } from '../../src/faults/volume-group/view.ts';
import type { VgPlan } from '../../src/model/plan.ts';
import type { Survey } from '../../src/model/survey.ts';
import { ToyGroup } from '../faults/toy-lvm.ts';

/** A group whose disks are all there, with a few volumes, and the plan to write its newest text again. */
function wholeGroup(lvs: readonly number[]): { view: VolumeGroupView; survey: Survey; plan: VgPlan } {
  const group = new ToyGroup(3, 100);
  for (const from of lvs) group.create(from);
  group.change();
  const survey = group.survey();
  const [view] = volumeGroups(survey);
  if (view === undefined) throw new Error('no group');
  const regionOfPv = Object.fromEntries(
    view.members.map(({ section, region }) => [section.uuid, region?.id ?? '']),
  );
  const plan: VgPlan = {
    ...{ volumeGroup: view.ref, remedyId: 'repair', title: 'write it again', policy: 'safe' },
    ...{
      caveats: [],
      losses: [],
      findingIds: [],
      steps: [],
      texts: [],
      regionIds: Object.values(regionOfPv),
    },
    goal: { metadata: view.base.metadata, absentPvUuids: [], mustHold: [], seqnoAfter: 99, regionOfPv },
  };
  return { view, survey, plan };
}

const volumes = fc.array(fc.nat(7), { minLength: 1, maxLength: 6 });

describe('the gate to safe, whatever a fault has called its remedy', () => {
  test('lets pass what loses nothing and is proven, and says what must be left', () => {
    fc.assert(
      fc.property(volumes, (lvs) => {
        const { view, survey, plan } = wholeGroup(lvs);
        const passed = throughGate(plan, view, survey);
        expect(passed).toMatchObject({ policy: 'safe', losses: [], caveats: [] });
        const left = passed.goal.mustHold.map(({ lv }) => lv.uuid);
        expect(new Set(left)).toEqual(new Set(view.base.metadata.lvs.map(({ uuid }) => uuid)));
      }),
    );
  });

  test('holds any volume less for a loss, by its name', () => {
    fc.assert(
      fc.property(volumes, fc.nat(), (lvs, pick) => {
        const { view, survey, plan } = wholeGroup(lvs);
        const all = plan.goal.metadata.lvs;
        const gone = all[pick % all.length];
        const metadata = { ...plan.goal.metadata, lvs: all.filter((lv) => lv !== gone) };
        const held = throughGate({ ...plan, goal: { ...plan.goal, metadata } }, view, survey);
        expect(held.policy).toBe('ask');
        expect(held.losses.join('\n')).toContain(`logical volume ${gone?.name}:`);
      }),
    );
  });

  test('holds a volume that is cut, or has an error target in it, for a loss', () => {
    fc.assert(
      fc.property(volumes, fc.nat(), fc.boolean(), (lvs, pick, isCut) => {
        const { view, survey, plan } = wholeGroup(lvs);
        const all = plan.goal.metadata.lvs;
        const at = pick % all.length;
        const lv = all[at];
        if (lv === undefined) return;
        const segments = isCut
          ? lv.segments.slice(1)
          : lv.segments.map((segment) => ({ ...segment, type: 'error', areas: [] }));
        const metadata = { ...plan.goal.metadata, lvs: all.with(at, { ...lv, segments }) };
        const held = throughGate({ ...plan, goal: { ...plan.goal, metadata } }, view, survey);
        expect([held.policy, held.losses.length > 0]).toEqual(['ask', true]);
      }),
    );
  });

  test('keeps every loss and every caveat that a fault has told, and calls nothing safe that has one', () => {
    fc.assert(
      fc.property(
        volumes,
        fc.array(fc.string({ minLength: 1 }), { maxLength: 3 }),
        fc.array(fc.string({ minLength: 1 }), { maxLength: 3 }),
        (lvs, losses, caveats) => {
          const { view, survey, plan } = wholeGroup(lvs);
          const judged = throughGate({ ...plan, losses, caveats }, view, survey);
          expect(judged.losses).toEqual(expect.arrayContaining(losses));
          expect(judged.caveats).toEqual(expect.arrayContaining(caveats));
          expect(judged.policy).toBe(losses.length + caveats.length === 0 ? 'safe' : 'ask');
        },
      ),
    );
  });

  test('lets no newer text that reads stand behind: in a ring, on another disk or in a file', () => {
    fc.assert(
      fc.property(volumes, fc.constantFrom('disk', 'file'), (lvs, kind) => {
        const { view, survey, plan } = wholeGroup(lvs);
        const metadata = { ...view.base.metadata, seqno: view.base.metadata.seqno + 1 };
        const source = kind === 'file' ? { kind, path: '/etc/lvm/backup/toy' } : view.base.source;
        const newer = { ...view.base, metadata, source, digest: 'another' } as typeof view.base;
        const held = throughGate(plan, { ...view, texts: [newer, ...view.texts] }, survey);
        expect(held.policy).toBe('ask');
        expect(held.caveats.join()).toMatch(/newer generation/);
      }),
    );
  });

  test('takes no disk for a physical volume by its size', () => {
    fc.assert(
      fc.property(volumes, fc.nat(2), (lvs, n) => {
        const { view, survey, plan } = wholeGroup(lvs);
        const members = view.members.map((member, at) => (at === n ? { ...member, provenBy: null } : member));
        const held = throughGate(plan, { ...view, members }, survey);
        expect([held.policy, held.caveats.join()]).toEqual(['ask', expect.stringMatching(/size alone/)]);
      }),
    );
  });
});
