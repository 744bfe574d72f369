import { describe, expect, test } from 'vitest';
import { lvsAffectedBy, lvsNeeding } from '../../src/faults/volume-group/blockers.ts';
import { farewellTo } from '../../src/faults/volume-group/farewell.ts';
import { fateOf } from '../../src/faults/volume-group/lineage.ts';
import { volumeGroups } from '../../src/faults/volume-group/view.ts';
import { wholenessOf } from '../../src/faults/volume-group/wholeness.ts';
import type { LvSection, VgMetadata } from '../../src/model/metadata.ts';
import type { MetadataText } from '../../src/model/survey.ts';
import { surveyOfImage } from '../engine/survey-of-image.ts';
import { loadPv } from '../ondisk/lvm2/pv-fixture.ts';

function real(): { metadata: VgMetadata; pvUuid: string; lv: LvSection } {
  const metadata = volumeGroups(surveyOfImage(loadPv('normal')))[0]?.base.metadata;
  const lv = metadata?.lvs[0];
  const pvUuid = metadata?.pvs[0]?.uuid;
  if (metadata === undefined || lv === undefined || pvUuid === undefined) throw new Error('no fixture');
  return { metadata, pvUuid, lv };
}

/** An LV that stands on another one. */
function standingOn(lv: LvSection, name: string, below: string): LvSection {
  const segments = lv.segments.map((segment) => ({
    ...segment,
    areas: [{ on: 'lv' as const, name: below, startExtent: 0 }],
  }));
  return { ...lv, name, uuid: name, segments };
}

describe('what lacks data while a disk is absent', () => {
  test('a text that piles 50,000 volumes on each other is gone through, not fallen over', () => {
    const { metadata, pvUuid, lv } = real();
    const names = Array.from({ length: 50_000 }, (_, n) => `lv${n}`);
    const pile = names.map((name, n) => standingOn(lv, name, names[n - 1] ?? lv.name));
    const lvs = [lv, ...pile.toReversed()];
    expect(lvsAffectedBy(new Set([pvUuid]), { ...metadata, lvs })).toHaveLength(50_001);
  });

  test('volumes that stand on each other in a ring need nothing that is not below them', () => {
    const { metadata, pvUuid, lv } = real();
    const ring = [standingOn(lv, 'a', 'b'), standingOn(lv, 'b', 'a')];
    const found = lvsNeeding(new Set([pvUuid]), { ...metadata, lvs: [lv, ...ring] });
    expect([...found].map(({ name }) => name)).toEqual([lv.name]);
  });

  test('no more than what stands on the absent disk', () => {
    const { metadata } = real();
    expect(lvsAffectedBy(new Set(['another']), metadata)).toEqual([]);
  });
});

describe('what a forced removal took, and what giving a disk up would', () => {
  const COUNT = 10_000;
  /** A pile of LVs of which each stands on the one before. */
  function pile(): { metadata: VgMetadata; pvUuid: string } {
    const { metadata, pvUuid, lv } = real();
    const names = Array.from({ length: COUNT }, (_, n) => `lv${n}`);
    const lvs = [lv, ...names.map((name, n) => standingOn(lv, name, names[n - 1] ?? lv.name))];
    return { metadata: { ...metadata, lvs }, pvUuid };
  }
  const textOf = (metadata: VgMetadata, digest: string): MetadataText => ({
    source: { kind: 'disk', device: 'disk', partition: null, offsetBytes: 0 },
    ...{ sizeBytes: 1, crc: 1, digest, metadata },
  });

  test('is told of 10,000 volumes piled on each other, all gone', { timeout: 20_000 }, () => {
    const survey = surveyOfImage(loadPv('normal'));
    const [view] = volumeGroups(survey);
    if (view === undefined) throw new Error('no group');
    const { metadata, pvUuid } = pile();
    const flagged = metadata.pvs.map((pv) => ({ ...pv, flags: ['MISSING'] }));
    const before = textOf({ ...metadata, seqno: 1 }, 'before');
    const base = textOf({ ...metadata, seqno: 2, lvs: [], pvs: flagged }, 'base');
    const gone = { ...view, base, texts: [base, before] };
    expect(wholenessOf(base.metadata, gone, survey).lacking).toHaveLength(COUNT + 1);
    const fate = fateOf(pvUuid, gone, {
      isProven: () => true,
      available: new Set([pvUuid]),
      elsewhere: new Set(),
    });
    expect(fate?.lost).toHaveLength(COUNT + 1);
  });

  test('is told of 10,000 volumes piled on each other, before anything is done', { timeout: 20_000 }, () => {
    const { metadata, pvUuid } = pile();
    expect(farewellTo(new Set([pvUuid]), metadata).removed.size).toBe(COUNT + 1);
  });
});
