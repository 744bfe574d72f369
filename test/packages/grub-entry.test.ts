import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

const script = path.resolve(import.meta.dirname, '../../initramfs/grub/42_lvmedic');

vi.setConfig({ testTimeout: 60_000 });

let work: string;
beforeAll(() => {
  work = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-grub-'));
});
afterAll(() => fs.rmSync(work, { recursive: true }));

/** What of GRUB's library the script uses; the names of its programs differ by distribution. */
const LIBRARY = `
grub_probe=their-grub-probe
version_test_gt() { [ "$(printf '%s\\n' "$1" "$2" | sort -V | tail -n 1)" = "$1" ] && [ "$1" != "$2" ]; }
uses_abstraction() { [ "$2" = lvm ]; }
make_system_path_relative_to_its_root() { echo "\${1#/boot}"; }
prepare_grub_to_access_device() { echo "search $1"; }
grub_add_tab() { sed 's/^/\\t/'; }
`;

/** The entry that it makes of these files in /boot. */
function entry(...files: string[]): { status: number | null; entry: string; errors: string } {
  const machine = fs.mkdtempSync(path.join(work, 'm'));
  for (const folder of ['boot', 'bin', 'lib']) fs.mkdirSync(path.join(machine, folder));
  for (const file of files) fs.writeFileSync(path.join(machine, 'boot', file), '');
  fs.writeFileSync(path.join(machine, 'lib/grub-mkconfig_lib'), LIBRARY);
  fs.writeFileSync(path.join(machine, 'bin/their-grub-probe'), '#!/bin/sh\necho /dev/vda1\n', {
    mode: 0o755,
  });
  const text = fs
    .readFileSync(script, 'utf8')
    .replaceAll('"/boot/', `"${machine}/boot/`)
    .replaceAll(' /boot/lvmedic.cpio ]', ` ${machine}/boot/lvmedic.cpio ]`)
    .replaceAll(' /boot/vmlinuz-*', ` ${machine}/boot/vmlinuz-*`)
    .replaceAll('{kernel#/boot/', `{kernel#${machine}/boot/`);
  const { status, stdout, stderr } = spawnSync('sh', ['-c', text], {
    encoding: 'utf8',
    env: {
      PATH: `${machine}/bin:${process.env.PATH}`,
      pkgdatadir: `${machine}/lib`,
      GRUB_DEVICE: '/dev/mapper/vg0-root',
    },
  });
  return { status, entry: stdout, errors: stderr };
}

test.each([
  [
    'Debian',
    [
      'vmlinuz-6.1.0-9-amd64',
      'initrd.img-6.1.0-9-amd64',
      'vmlinuz-6.1.0-10-amd64',
      'initrd.img-6.1.0-10-amd64',
    ],
  ],
  [
    'Fedora',
    [
      'vmlinuz-6.1.0-10-amd64',
      'initramfs-6.1.0-10-amd64.img',
      'vmlinuz-0-rescue-f00',
      'initramfs-0-rescue-f00.img',
    ],
  ],
  ['SUSE', ['vmlinuz-6.1.0-10-amd64', 'initrd-6.1.0-10-amd64']],
])('the newest kernel and its initramfs, as %s names them, and the archive after it', (_, files) => {
  const made = entry('lvmedic.cpio', ...files);
  expect(made).toEqual({
    status: 0,
    errors: 'Found lvmedic: /boot/lvmedic.cpio\n',
    entry: `menuentry 'Rescue: repair LVM' --class recovery --id lvmedic {
\tsearch /dev/vda1
\tlinux\t/vmlinuz-6.1.0-10-amd64 root=/dev/mapper/vg0-root ro  rd.lvmedic=ask rd.retry=30
\tinitrd\t/${files.find((file) => /^initr.*6\.1\.0-10/.test(file))} /lvmedic.cpio
}
`,
  });
});

test.each([
  ['no archive', ['vmlinuz-1', 'initrd.img-1']],
  ['no initramfs', ['lvmedic.cpio', 'vmlinuz-1']],
  ['only what a package manager left', ['lvmedic.cpio', 'vmlinuz-1.rpmsave', 'initramfs-1.rpmsave.img']],
])('no entry: %s', (_, files) => {
  expect(entry(...files)).toEqual({ status: 0, entry: '', errors: '' });
});
