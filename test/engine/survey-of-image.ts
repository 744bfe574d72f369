import { survey } from '../../src/engine/survey/survey.ts';
import { ok } from '../../src/model/result.ts';
import type { Machine, Survey } from '../../src/model/survey.ts';
import { imageReader, type PvImage } from '../ondisk/lvm2/pv-fixture.ts';

const MACHINE: Machine = {
  targetsGiven: true,
  inInitramfs: false,
  deviceMapper: false,
  kernelCommandLine: '',
  presentDevices: [],
  lvm: null,
  activeLvs: [],
  pvCache: false,
};

/** What a survey of one disk and nothing else finds, on a machine that is as told. */
export function surveyOfImage(image: PvImage, machine: Partial<Machine> = {}): Survey {
  const disk = {
    ...({ path: 'disk', kind: 'image', sectorBytes: 512, readOnly: false, identity: 'disk' } as const),
    ...{ isLeg: false, reader: imageReader(image), partitions: [] },
  };
  const source = { disks: [disk], unread: [], machine: { ...MACHINE, ...machine }, files: [], close() {} };
  const read = survey({ open: () => ok(source) }, () => {});
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}
