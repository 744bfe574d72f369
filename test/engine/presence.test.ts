import { describe, expect, test } from 'vitest';
import { type Presence, presenceOf } from '../../src/engine/undo/locate.ts';
import type { RecordContent } from '../../src/engine/undo/record.ts';
import type { Survey } from '../../src/model/survey.ts';
import { loadPv, type PvImage } from '../ondisk/lvm2/pv-fixture.ts';
import { surveyOfImage } from './survey-of-image.ts';

const SERIAL = 'serial-1';
const NO_SERIAL = 'device /dev/vda';
const OTHER = 'another uuid';

const normal = surveyOfImage(loadPv('normal'));
const [whole] = normal.disks[0]?.regions ?? [];
if (whole === undefined) throw new Error('the fixture has no region');
const PV = whole.pv.header?.uuid ?? '';
const VG = whole.pv.metadataAreas[0]?.committed?.text?.metadata.uuid ?? '';

/** The label is gone, the metadata is not. */
function unlabelled(): PvImage {
  const image = loadPv('normal');
  image.head.fill(0, 512, 1024);
  return image;
}

/** The disk as a machine has it that gives it this identity. */
const known = (image: PvImage, identity: string): Survey => {
  const survey = surveyOfImage(image);
  return { ...survey, disks: survey.disks.map((disk) => ({ ...disk, identity })) };
};

function record(identity: string, pvUuid: string | null, vgUuid = VG): RecordContent {
  const { id, device, partition, startBytes, sizeBytes, node } = whole as NonNullable<typeof whole>;
  const region = { id, device, partition, startBytes, sizeBytes, node, identity, pvUuid };
  return {
    ...{ schemaVersion: 1, kind: 'repair', undoes: null, createdAt: '' },
    volumeGroups: [{ name: 'vg', uuid: vgUuid, seqnoAfter: 9 }],
    regions: [{ ...region, data: { fromBytes: 0, toBytes: 0 }, spans: [] }],
  };
}

describe('whether the disk of an interrupted repair is here, when nobody is asked', () => {
  test.each<[string, Presence['is'], Survey, RecordContent]>([
    ['its serial number and its label say so', 'here', known(loadPv('normal'), SERIAL), record(SERIAL, PV)],
    [
      'it has no serial number, but the label that the record knows',
      'here',
      known(loadPv('normal'), NO_SERIAL),
      record(NO_SERIAL, PV),
    ],
    [
      'its serial number says so, and the label was lost',
      'here',
      known(unlabelled(), SERIAL),
      record(SERIAL, PV),
    ],
    [
      'it has neither serial number nor label: its bytes must tell',
      'unsure',
      known(unlabelled(), NO_SERIAL),
      record(NO_SERIAL, PV),
    ],
    [
      'another disk of the same volume group stands under its name',
      'other',
      known(loadPv('normal'), NO_SERIAL),
      record(NO_SERIAL, OTHER),
    ],
    [
      'the disk of another machine stands under its name',
      'absent',
      known(loadPv('normal'), NO_SERIAL),
      record(NO_SERIAL, OTHER, OTHER),
    ],
    [
      'a disk of another machine, without a label, stands under its name',
      'absent',
      known(unlabelled(), NO_SERIAL),
      record(NO_SERIAL, PV, OTHER),
    ],
    [
      'another serial number stands under its name',
      'absent',
      known(loadPv('normal'), SERIAL),
      record('serial-2', PV),
    ],
  ])('%s: %s', (_, is, survey, content) => {
    expect(presenceOf(content, survey).map((place) => place.is)).toEqual([is]);
  });

  test('two disks have its serial number: it is not enough', () => {
    const survey = known(unlabelled(), SERIAL);
    const twins = survey.disks.flatMap((disk) => [disk, { ...disk, path: 'twin' }]);
    expect(presenceOf(record(SERIAL, PV), { ...survey, disks: twins })).toMatchObject([{ is: 'unsure' }]);
  });
});
