import { describe, expect, test } from 'vitest';
import { volumeOfNode } from '../../src/faults/boot/named-volumes.ts';

describe('the logical volume that a device path speaks of', () => {
  test.each([
    ['/dev/mapper/vg0-root', { vg: 'vg0', lv: 'root' }],
    ['/dev/mapper/vm1--vg-swap_1', { vg: 'vm1-vg', lv: 'swap_1' }],
    ['/dev/mapper/a--b--c-d--e', { vg: 'a-b-c', lv: 'd-e' }],
    ['/dev/vm1-vg/root', { vg: 'vm1-vg', lv: 'root' }],
    ['/dev/sda2', null],
    ['/dev/disk/by-uuid/1234', null],
    ['/dev/mapper/luks--x', null],
    ['root', null],
  ])('%s', (node, volume) => {
    expect(volumeOfNode(node)).toEqual(volume);
  });
});
