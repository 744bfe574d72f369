import fs from 'node:fs';
import path from 'node:path';
import { err, ok, type Result } from '../../model/result.ts';
import { codeOf, makeFolder } from '../files.ts';

/** Comes before the units that systemd makes of fstab, and lives until power-off. */
const UNITS = '/run/systemd/system';

/**
 * Puts an empty, read-only folder in the place of a mount whose volume is not there, for this boot: systemd would
 * otherwise wait for the device and then stop. Nothing can be written where nothing would be kept.
 */
export function standIn(mountPoint: string): Result<void, string> {
  const where = path.posix.normalize(mountPoint).replace(/(?<=.)\/$/, '');
  const unit = `${escapeUnit(where)}.mount`;
  const text = `[Unit]
Description=Empty folder in the place of a volume that is not there (lvmedic)
DefaultDependencies=no
Conflicts=umount.target
Before=local-fs.target umount.target

[Mount]
What=tmpfs
Where=${where.replaceAll('%', '%%')}
Type=tmpfs
Options=ro,mode=0555,size=4k
`;
  try {
    makeFolder(UNITS);
    fs.writeFileSync(path.join(UNITS, unit), text);
    return ok(undefined);
  } catch (error) {
    return err(`${unit} could not be written (${codeOf(error)})`);
  }
}

/** As systemd-escape(1) --path does it: `/srv/a b` becomes `srv-a\x20b`. */
function escapeUnit(mountPoint: string): string {
  const bytes = Buffer.from(mountPoint.slice(1));
  return [...bytes]
    .map((byte, index) => {
      const character = String.fromCharCode(byte);
      if (character === '/') return '-';
      const isPlain = /[A-Za-z0-9:_.]/.test(character) && !(character === '.' && index === 0);
      return isPlain ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}
