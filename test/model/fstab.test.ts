import { describe, expect, test } from 'vitest';
import { neededMounts, swapDevices } from '../../src/model/fstab.ts';

describe('what a boot stops for when it is not there', () => {
  test('mounts that must be, and no swap, no root, nothing optional, nothing from elsewhere', () => {
    const fstab = `# comment
/dev/mapper/vg0-root /            ext4 errors=remount-ro 0 1
UUID=12-34           /boot        ext4 defaults 0 2
/dev/vg0/home        /home        ext4 defaults 0 2
/dev/vg0/srv         /srv         ext4 defaults,nofail 0 2
/dev/vg0/old         /old         ext4 noauto 0 0
/dev/vg0/swap        none         swap sw 0 0
server:/export       /mnt/export  nfs  defaults 0 0
/dev/vg0/spaced      /srv/a\\040b xfs  defaults 0 0
`;
    expect(neededMounts(fstab).map(({ spec, mountPoint }) => `${spec} ${mountPoint}`)).toEqual([
      'UUID=12-34 /boot',
      '/dev/vg0/home /home',
      '/dev/vg0/spaced /srv/a b',
    ]);
  });

  test('a mount point that would lead elsewhere is left out', () => {
    expect(neededMounts('/dev/vg0/a /x/../../etc ext4 defaults\n/dev/vg0/b relative ext4 defaults')).toEqual(
      [],
    );
  });

  test('a mount point with control characters, or a backslash at its end, is left out', () => {
    const fstab = '/dev/vg0/a /srv\\033[31mX ext4 defaults\n/dev/vg0/b /media\\134 ext4 defaults\n';
    expect(neededMounts(fstab)).toEqual([]);
  });

  test('swap is known apart, for a boot goes on without it', () => {
    const fstab =
      '/dev/vg0/swap none swap sw 0 0\n/dev/vg0/more none swap nofail 0 0\n/swapfile none swap sw 0 0';
    expect(swapDevices(fstab)).toEqual(['/dev/vg0/swap']);
  });
});
