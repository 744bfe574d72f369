import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isOnlyAName } from '../../src/model/identity.ts';
import { identityOf } from '../../src/system/identity.ts';

let sys: string;

beforeEach(() => {
  sys = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-sys-'));
});
afterEach(() => fs.rmSync(sys, { recursive: true }));

/** A disk's folder as the kernel makes it, with these attributes. */
function disk(name: string, attributes: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [attribute, value] of Object.entries(attributes)) {
    const file = path.join(sys, name, attribute);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, typeof value === 'string' ? `${value}\n` : value);
  }
  return path.join(sys, name);
}

const page80 = (serial: string): Buffer =>
  Buffer.concat([Buffer.of(0, 0x80, 0, serial.length), Buffer.from(serial)]);

describe('a disk is known by what it says of itself, not by its name', () => {
  test.each([
    [
      'nvme',
      'nvme0n1',
      { wwid: 'eui.0025385b71b00001', 'device/serial': 'S4EWNX0R' },
      'eui.0025385b71b00001',
    ],
    [
      'SATA',
      'sda',
      { 'device/wwid': 't10.ATA     QEMU HARDDISK                           QM00001' },
      't10.ATA     QEMU HARDDISK                           QM00001',
    ],
    ['SCSI with no more than a serial', 'sdb', { 'device/vpd_pg80': page80('  S1\0') }, 'S1'],
    ['virtio', 'vda', { serial: 'disk-1' }, 'disk-1'],
    ['multipath', 'dm-0', { 'dm/uuid': 'mpath-3600140500000000' }, 'mpath-3600140500000000'],
    [
      'md',
      'md0',
      { 'md/uuid': '3aa5c7cd-83ee-4b32-b4a9-6e1cbbca4cb2' },
      '3aa5c7cd-83ee-4b32-b4a9-6e1cbbca4cb2',
    ],
    ['loop', 'loop0', { 'loop/backing_file': '/srv/d1.img', 'loop/offset': '0' }, '/srv/d1.img'],
  ])('%s', (_, name, attributes, identity) => {
    expect(identityOf(`/dev/${name}`, disk(name, attributes))).toBe(identity);
  });

  test('an attribute that is there and says nothing does not hide the next', () => {
    const zeros = { wwid: '', 'device/serial': '0000', serial: 'disk-1' };
    expect(identityOf('/dev/vda', disk('vda', zeros))).toBe('disk-1');
    const unnamed = { 'md/uuid': '00000000-0000-0000-0000-000000000000' };
    expect(identityOf('/dev/md0', disk('md0', unnamed))).toBe('device /dev/md0');
  });

  test('two loop devices over one file are two disks', () => {
    const attributes = { 'loop/backing_file': '/srv/d1.img', 'loop/offset': '1048576' };
    expect(identityOf('/dev/loop1', disk('loop1', attributes))).toBe('/srv/d1.img from byte 1048576');
  });
});

describe('a partition named as TARGET is known by its disk', () => {
  test.each([
    ['sda', 'sda2', '2', { 'device/wwid': 'naa.5000c500a1b2c3d4' }, 'naa.5000c500a1b2c3d4 partition 2'],
    ['vda', 'vda1', '1', { serial: 'disk-1' }, 'disk-1 partition 1'],
    ['nvme0n1', 'nvme0n1p3', '3', { wwid: 'eui.0025385b71b00001' }, 'eui.0025385b71b00001 partition 3'],
    [
      'md0',
      'md0p1',
      '1',
      { 'md/uuid': '3aa5c7cd-83ee-4b32-b4a9-6e1cbbca4cb2' },
      '3aa5c7cd-83ee-4b32-b4a9-6e1cbbca4cb2 partition 1',
    ],
  ])('%s: %s', (name, partition, number, attributes, identity) => {
    const folder = disk(path.join(name, partition), { partition: number });
    disk(name, attributes);
    expect(identityOf(`/dev/${partition}`, folder)).toBe(identity);
  });

  test('and by its name alone where its disk says nothing', () => {
    const folder = disk('vda/vda1', { partition: '1' });
    disk('vda', { serial: '' });
    expect(identityOf('/dev/vda1', folder)).toBe('device /dev/vda1');
  });
});

test('it is known which identities are only names', () => {
  expect(isOnlyAName(identityOf('/dev/vda', disk('vda', { serial: '' })))).toBe(true);
  expect(isOnlyAName(identityOf('/dev/sda', null))).toBe(true);
  expect(isOnlyAName(identityOf('/dev/vdb', disk('vdb', { serial: 'device-7' })))).toBe(false);
});
