import { describe, expect, test } from 'vitest';
import { bootState } from '../../src/engine/boot/bring-up.ts';
import { mountsOfRoot } from '../../src/engine/boot/mounts.ts';
import type { BootEnvironment } from '../../src/engine/ports.ts';
import { activationWrites, bootNeeds, hasCopies } from '../../src/faults/boot/needs.ts';
import { volumeGroups } from '../../src/faults/volume-group/view.ts';
import type { LvSection, VgMetadata } from '../../src/model/metadata.ts';
import { ok } from '../../src/model/result.ts';
import type { Machine, Survey } from '../../src/model/survey.ts';
import { surveyOfImage } from '../engine/survey-of-image.ts';
import { loadPv, rewriteText } from '../ondisk/lvm2/pv-fixture.ts';

/** vg0 with root on the disk that is there, and home on the one that is not. */
function booting(
  kernelCommandLine: string,
  machine: Partial<Machine> = {},
  more: Partial<Survey> = {},
): Survey {
  const image = loadPv('normal');
  rewriteText(image, (text) => text.replace(/(\nhome \{[^}]*?stripes = \[\s*"pv)0/, '$11'));
  const booted = { inInitramfs: true, targetsGiven: false, kernelCommandLine, ...machine };
  return { ...surveyOfImage(image, booted), ...more };
}

const needsOf = (survey: Survey) =>
  bootNeeds(survey).map(({ name, required, isRoot }) => ({ name, required, isRoot }));

describe('what the kernel command line makes a boot wait for', () => {
  test('a volume that is named twice is one need, and the stronger one', () => {
    const line =
      'root=/dev/mapper/vg0-root resume=/dev/mapper/vg0-home rd.lvm.lv=vg0/root rd.lvm.lv=vg0/home';
    expect(needsOf(booting(line))).toEqual([
      { name: 'vg0/root', required: true, isRoot: true },
      { name: 'vg0/home', required: true, isRoot: false },
    ]);
  });

  test('root is root, whatever names it first', () => {
    const [first] = needsOf(booting('rd.lvm.lv=vg0/root root=/dev/vg0/root'));
    expect(first).toEqual({ name: 'vg0/root', required: true, isRoot: true });
  });

  test('rd.lvm.vg= is all of a group, and boot can do without each', () => {
    expect(needsOf(booting('rd.lvm.vg=vg0'))).toEqual([
      { name: 'vg0/root', required: false, isRoot: false },
      { name: 'vg0/home', required: false, isRoot: false },
    ]);
  });

  test('a root that is there and no LV, and one that cannot be an LV, is none of LVM', () => {
    for (const root of ['/dev/sda2', 'UUID=0815', 'PARTUUID=4711', '/dev/mapper/luks-x']) {
      const survey = booting(`root=${root} rd.lvm.lv=vg0/home`, { presentDevices: [root] });
      expect(
        needsOf(survey).map(({ name }) => name),
        root,
      ).toEqual(['vg0/home']);
    }
    expect(needsOf(booting('root=/dev/sda2')), 'not there').toEqual([]);
  });

  test('a UUID that nobody bears yet is waited for', () => {
    const [need] = bootState(booting('root=UUID=0815')).needs;
    expect(need).toMatchObject({ name: 'root=UUID=0815', required: true, state: 'unknown' });
  });

  test('a LUKS volume is the LV that it lies on', () => {
    const uuid = '0f9a2c44-1111-4222-8333-444455556666';
    const lvFilesystems = [{ vg: 'vg0', lv: 'root', type: 'crypto_LUKS', uuid, label: null }];
    const survey = booting(`root=/dev/mapper/luks-${uuid}`, {}, { lvFilesystems });
    expect(needsOf(survey).map(({ name }) => name)).toEqual(['vg0/root']);
  });
});

describe('what merely activating a volume writes', () => {
  const [view] = volumeGroups(surveyOfImage(loadPv('kinds')));
  const metadata = view?.base.metadata as VgMetadata;
  const lv = (name: string) => metadata.lvs.find((each) => each.name === name) as LvSection;

  test.each([
    ['r1_rimage_0', 'nothing'],
    ['r1', 'books'],
    ['m', 'books'],
    ['t', 'unknown'],
  ])('%s: %s', (name, kind) => {
    expect(activationWrites(lv(name), metadata).kind).toBe(kind);
  });

  test('a missing leg is done without by RAID, and by nothing else', () => {
    const absent = (view?.members ?? []).filter(({ section }) => section.name === 'pv0');
    expect(hasCopies(lv('r1'), metadata, absent)).toBe(true);
    expect(hasCopies(lv('m'), metadata, absent)).toBe(false);
  });
});

describe('what fstab needs of a group that lacks a disk', () => {
  const FSTAB = `/dev/mapper/vg0-root / ext4 defaults 0 1
/dev/mapper/crypt-srv /srv ext4 defaults 0 2
LABEL=my\\040data /data ext4 defaults 0 2
/dev/sdx1 /sdx ext4 defaults 0 2
`;
  const stoodIn: string[] = [];
  const environment = (fstab: string) =>
    ({
      fstabOf: async (node: string) => ok(node === '/dev/dm-0' ? fstab : ''),
      standIn(mountPoint: string) {
        stoodIn.push(mountPoint);
        return ok(undefined);
      },
    }) as Partial<BootEnvironment> as BootEnvironment;

  /** Root, which is wholly there, is active; what is `absent` is not. */
  function survey(): Survey {
    const read = booting('root=/dev/mapper/vg0-root');
    const [view] = volumeGroups(read);
    const root = view?.base.metadata.lvs.find(({ name }) => name === 'root');
    const active = {
      ...{ vgUuid: view?.ref.uuid ?? '', lvUuid: root?.uuid ?? '', node: '/dev/dm-0', name: 'vg0/root' },
      ...{ layer: null, open: false, heldBy: null },
    };
    // What lvm puts in the place of a missing disk bears the same id.
    const hole = { ...active, node: '/dev/dm-7', layer: 'missing_0_0' };
    return {
      ...read,
      machine: { ...read.machine, activeLvs: [hole, active] },
      lvFilesystems: [{ vg: 'vg0', lv: 'root', type: 'ext4', uuid: null, label: null }],
    };
  }

  test('a folder stands in for what lies on the missing disk, and for nothing else', async () => {
    stoodIn.length = 0;
    const fstab = `${FSTAB}/dev/vg0/home /home ext4 defaults 0 2\n`;
    const { missing } = await mountsOfRoot(survey(), environment(fstab), 'degraded');
    expect(missing).toEqual([{ mountPoint: '/home', spec: '/dev/vg0/home', standIn: true }]);
    expect(stoodIn).toEqual(['/home']);
  });

  test('safe only tells', async () => {
    stoodIn.length = 0;
    const { missing } = await mountsOfRoot(
      survey(),
      environment('/dev/vg0/home /home ext4 defaults'),
      'safe',
    );
    expect(missing.map(({ standIn }) => standIn)).toEqual([false]);
    expect(stoodIn).toEqual([]);
  });

  test('no folder stands in where another mount lies below it', async () => {
    const fstab = '/dev/vg0/home /home ext4 defaults 0 2\n/dev/sdx1 /home/work ext4 defaults 0 2\n';
    const { missing } = await mountsOfRoot(survey(), environment(fstab), 'degraded');
    expect(missing.map(({ standIn }) => standIn)).toEqual([false]);
  });
});
