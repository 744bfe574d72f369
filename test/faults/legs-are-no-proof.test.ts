import { expect, test } from 'vitest';
import { proofOf } from '../../src/faults/volume-group/base.ts';
import { allRegions, type Survey, standaloneRegions } from '../../src/model/survey.ts';
import { surveyOfImage } from '../engine/survey-of-image.ts';
import { loadPv } from '../ondisk/lvm2/pv-fixture.ts';

/** The disk of a survey twice more: as the legs of a mirror, both of which show its bytes, and so its metadata. */
function mirrored(survey: Survey): Survey {
  const [disk] = survey.disks;
  if (disk === undefined) throw new Error('no disk');
  const leg = (path: string) => ({
    ...disk,
    path,
    regions: disk.regions.map((region) => ({ ...region, id: path, device: path, isLeg: true })),
  });
  return { ...survey, disks: [disk, leg('sda'), leg('sdb')] };
}

test('a metadata text on a mirror is one copy, not one for each leg: it proves nothing by itself', () => {
  const single = surveyOfImage(loadPv('normal'));
  const text = allRegions(single).flatMap(({ pv }) => pv.metadataAreas[0]?.olderTexts[0] ?? [])[0];
  if (text === undefined) throw new Error('the fixture has no older text');
  const survey = { ...mirrored(single), hypotheses: [] };
  expect(allRegions(survey)).toHaveLength(3);
  expect(standaloneRegions(survey)).toHaveLength(1);
  expect(proofOf(text, { ...single, hypotheses: [] })).toBe('none');
  expect(proofOf(text, survey)).toBe('none');
});
