import fs from 'node:fs';
import path from 'node:path';

interface ShippedFile {
  /** From the root of this repository. */
  readonly source: string;
  /** From the root of the system. */
  readonly target: string;
  readonly isProgram: boolean;
}

const library = 'usr/lib/lvmedic';
const dracutModule = 'usr/lib/dracut/modules.d/50lvmedic';
const initramfsTools = 'usr/share/initramfs-tools';
const doc = 'usr/share/doc/lvmedic';

export type Format = 'deb' | 'rpm';

/**
 * What packages hold, besides the program (`usr/bin/lvmedic`) and what is made when they are: manual pages, completions,
 * changelogs.
 */
export const shippedFiles: readonly ShippedFile[] = [
  program('initramfs/system/lvmedic-setup', 'usr/sbin/lvmedic-setup'),
  plain('initramfs/system/lvmedic.conf', 'etc/lvmedic.conf'),
  program('initramfs/grub/42_lvmedic', 'etc/grub.d/42_lvmedic'),

  plain('initramfs/common/boot.sh', `${library}/boot.sh`),
  plain('initramfs/common/mode.sh', `${library}/mode.sh`),
  program('initramfs/common/lvmedic', `${library}/lvmedic`),
  program('initramfs/append/make-cpio', `${library}/make-cpio`),
  plain('initramfs/append/order', `${library}/order`),
  plain('initramfs/initramfs-tools/shell-rc', `${library}/shell-rc`),

  program('initramfs/dracut/50lvmedic/module-setup.sh', `${dracutModule}/module-setup.sh`),
  program('initramfs/dracut/50lvmedic/lvmedic-settled.sh', `${dracutModule}/lvmedic-settled.sh`),
  program('initramfs/dracut/50lvmedic/lvmedic-timeout.sh', `${dracutModule}/lvmedic-timeout.sh`),
  program('initramfs/dracut/50lvmedic/lvmedic-pre-pivot.sh', `${dracutModule}/lvmedic-pre-pivot.sh`),
  program('initramfs/dracut/50lvmedic/lvmedic-emergency.sh', `${dracutModule}/lvmedic-emergency.sh`),

  program('initramfs/initramfs-tools/hook', `${initramfsTools}/hooks/lvmedic`),
  program('initramfs/initramfs-tools/panic', `${initramfsTools}/scripts/panic/lvmedic`),
  program('initramfs/initramfs-tools/local-bottom', `${initramfsTools}/scripts/local-bottom/lvmedic`),
  program('initramfs/initramfs-tools/local-block', `${initramfsTools}/scripts/local-block/lvmedic`),

  program('initramfs/system/report', `${library}/report`),
  plain('initramfs/system/lvmedic-report.service', 'usr/lib/systemd/system/lvmedic-report.service'),

  plain('initramfs/debian/copyright', `${doc}/copyright`),
  plain('NOTICE', `${doc}/NOTICE`),
  ...['README.md', ...pagesIn('docs')].map((file) => plain(file, `${doc}/${file}`)),
];

/** Those that a distribution with packages of this format has a use for: initramfs-tools is Debian's and its relatives'. */
export function filesOf(format: Format): readonly ShippedFile[] {
  if (format === 'deb') return shippedFiles;
  return shippedFiles.filter(
    ({ source }) =>
      !/^initramfs\/(initramfs-tools|debian)\//.test(source) && source !== 'initramfs/append/order',
  );
}

/** With the places that README.md and these pages link to each other by. */
function pagesIn(folder: string): string[] {
  return fs
    .readdirSync(path.resolve(import.meta.dirname, '../..', folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(md|schema\.json)$/.test(file))
    .sort()
    .map((file) => `${folder}/${file}`);
}

function program(source: string, target: string): ShippedFile {
  return { source, target, isProgram: true };
}

function plain(source: string, target: string): ShippedFile {
  return { source, target, isProgram: false };
}
