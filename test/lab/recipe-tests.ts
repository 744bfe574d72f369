import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { repairProblems } from '../../vm-harness/lab/check.ts';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { VG } from '../../vm-harness/lab/layouts.ts';
import { NotPossible } from '../../vm-harness/lab/lvm-tool.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { openFaults, type ProductRun, runProduct } from '../../vm-harness/lab/product.ts';
import type { LabWorld } from '../../vm-harness/lab/world.ts';
import { expectationOf, type Recipe } from '../../vm-harness/recipes/recipe.ts';

const unavailable = labUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: every lab test, for the lab ${unavailable}.`);

afterAll(removeTemporaryFolders);

const EXIT_DECLINED = 4;
const EXIT_REPAIRED = 1;

/** Pairs of lvm versions play what differs between them: the harm, what it is taken for, and the repair. */
const IS_PAIR = process.env.LVM_PAIR !== undefined;

export type TargetKind = 'images' | 'loop devices';

/**
 * What lvmedic owes every recipe, in the order in which a person would go: look, rehearse, repair,
 * take it back, do it again. The tests of one recipe share its world and build on one another.
 */
export function describeRecipe(recipe: Recipe, kind: TargetKind = 'images'): void {
  describe.skipIf(unavailable !== null)(`${recipe.title} [${recipe.id}, ${kind}]`, () => {
    let world: LabWorld;
    let broken: Record<string, string>;

    /** What is repaired unasked is not compared with what it was. */
    const needsNoBytes =
      expectationOf(recipe).repair === 'repaired' && expectationOf(recipe).remedy === undefined;
    /** Why the lvm that the lab was given cannot do this harm; null where it can. */
    let impossible: string | null = null;

    beforeAll(() => {
      try {
        world = prepare(recipe);
        broken = IS_PAIR && needsNoBytes ? {} : world.fingerprint();
      } catch (error) {
        if (!(error instanceof NotPossible)) throw error;
        impossible = `not possible with this lvm: ${error.message}`;
      }
    });
    beforeEach(({ skip }) => {
      if (impossible !== null) skip(impossible);
    });
    afterAll(() => world?.dispose());

    /** Runs lvmedic on all disks of the world, then lets the loop devices go. */
    function lvmedic(args: readonly string[], readOnly = false): ProductRun {
      const targets = kind === 'images' && !readOnly ? world.imageTargets() : world.loopTargets({ readOnly });
      try {
        return runProduct(world, [...args, ...targets]);
      } finally {
        world.detach();
      }
    }

    function undo(): ProductRun {
      if (kind === 'images') world.imageTargets();
      else world.loopTargets();
      try {
        return runProduct(world, ['undo', '--unattended']);
      } finally {
        world.detach();
      }
    }

    const expected = expectationOf(recipe);
    const dryRunStatus = expected.repair === 'healthy' ? 0 : EXIT_DECLINED;
    const policy = expected.policy === undefined ? [] : ['--policy', expected.policy];
    const consent = expected.remedy === undefined ? [] : ['--remedy', expected.remedy, '--vg', VG];

    test.skipIf(IS_PAIR)('diagnose names exactly what is wrong and writes nothing', () => {
      const { result, status, transcript } = lvmedic(['diagnose']);
      expect(openFaults(result), transcript).toEqual(expected.faults);
      expect(status, transcript).toBe(dryRunStatus);
      expect(result.exitStatus, transcript).toBe(status);
      expect(world.fingerprint()).toEqual(broken);
    });

    if (kind === 'loop devices') {
      test('diagnose says the same of disks that cannot be written', () => {
        const { result, transcript } = lvmedic(['diagnose'], true);
        expect(openFaults(result), transcript).toEqual(expected.faults);
      });
    }

    test.skipIf(IS_PAIR)('repair --dry-run rehearses and writes nothing', () => {
      const { result, status, transcript } = lvmedic([
        'repair',
        '--unattended',
        '--dry-run',
        ...policy,
        ...consent,
      ]);
      expect(status, transcript).toBe(dryRunStatus);
      if (expected.repair === 'repaired')
        expect(result.rehearsal, transcript).toMatchObject({ passed: true });
      expect(world.fingerprint()).toEqual(broken);
    });

    if (expected.repair !== 'repaired' || expected.remedy !== undefined) {
      const outcome = expected.repair === 'healthy' ? 'healthy' : 'declined';
      test(`repair, unasked, leaves every byte as it is${outcome === 'declined' ? ' and says why' : ''}`, () => {
        const { result, status, transcript } = lvmedic(['repair', '--unattended', ...policy]);
        expect(result.outcome, transcript).toBe(outcome);
        expect(openFaults(result), transcript).toEqual(expected.faults);
        expect(status, transcript).toBe(dryRunStatus);
        expect(result.undoRecord ?? null, transcript).toBeNull();
        if (expected.reason !== undefined) {
          const reasons = (result.declined ?? []).map((one) => one.reason).join('\n');
          expect(reasons, transcript).toMatch(expected.reason);
        }
        expect(world.fingerprint()).toEqual(broken);
      });
    }
    if (expected.repair !== 'repaired') return;

    let repaired: Record<string, string> | null = null;

    test('repair makes it whole, as lvm, the metadata areas and the filesystems say', () => {
      const { result, status, transcript } = lvmedic(['repair', '--unattended', ...policy, ...consent]);
      expect(result.outcome, transcript).toBe('repaired');
      expect(openFaults(result), transcript).toEqual(expected.faults);
      expect(status, transcript).toBe(EXIT_REPAIRED);
      expect(result.undoRecord, transcript).toBeTruthy();
      repaired = IS_PAIR ? null : world.fingerprint();
      expected.gives?.(world);
      expect(repairProblems(world), transcript).toEqual([]);
      expect(expected.after?.(world) ?? [], transcript).toEqual([]);
    });

    test.skipIf(IS_PAIR)('repair touches no disk outside of the volume group', () => {
      expect(repaired).not.toBeNull();
      expect(outside(world.fingerprint())).toEqual(outside(broken));
    });

    test.skipIf(IS_PAIR)('a second look finds nothing', () => {
      const { result, status, transcript } = lvmedic(['diagnose']);
      expect(openFaults(result), transcript).toEqual([]);
      expect(status, transcript).toBe(0);
      expect(world.fingerprint()).toEqual(repaired);
    });

    test.skipIf(IS_PAIR)('undo brings every byte back, and undoing that repairs again', () => {
      expect(repaired).not.toBeNull();
      const back = undo();
      expect(back.status, back.transcript).toBe(0);
      expect(world.fingerprint(), back.transcript).toEqual(broken);
      const again = undo();
      expect(again.status, again.transcript).toBe(0);
      expect(world.fingerprint(), again.transcript).toEqual(repaired);
    });
  });
}

/** The disks that a repair has no business with: all but `d1`, `d2`… */
function outside(fingerprint: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(fingerprint).filter(([name]) => !/^d\d+$/.test(name)));
}
