/** What the manual pages say that no other data holds, in the notation of docs/. */

type Entry = readonly [term: string, text: string];

const CONF = '/etc/lvmedic.conf';

/** Of lvmedic(8). */
export const FILES: readonly Entry[] = [
  [CONF, 'How it gets into the boot; see `lvmedic.conf`(5).'],
  ['/var/lib/lvmedic/undo/', 'Undo records: what a repair may have changed, byte for byte.'],
  ['/var/lib/lvmedic/boots/', 'The logs of boots in which it was at work.'],
  ['/var/lib/lvmedic/lvmedic.log', 'The log in the running system.'],
  [
    '/run/initramfs/lvmedic/undo/',
    'Undo records in an initramfs, and until the report service has copied them.',
  ],
  ['/run/initramfs/lvmedic.log', 'The log in an initramfs; beside it, as JSON, lvmedic.log.json.'],
  ['/run/initramfs/lvmedic-boot/summary', 'What it did in this boot; only there when it did something.'],
  ['/run/motd.d/lvmedic', 'The same for the next person who logs in.'],
  ['/boot/lvmedic/lvmedic', 'The program, where the initramfs looks for it (`MODE=hook`).'],
];

/** Of lvmedic-setup(8). */
export const SETUP_FILES: readonly Entry[] = [
  [CONF, 'What is to be done.'],
  ['/boot/lvmedic/lvmedic', '`MODE=hook`: a copy of the program, unless `FILE=` names another place.'],
  ['/boot/lvmedic.cpio', '`MODE=append`: the archive for the second initramfs.'],
  ['/etc/grub.d/42_lvmedic', 'Makes the entry of the boot menu for that archive.'],
  ['/var/lib/lvmedic/placed', 'Where the program was copied to.'],
  ['/var/lib/lvmedic/outdated', 'Files that only an older initramfs looks for.'],
];
