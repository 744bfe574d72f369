import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run, temporaryFolder } from '../lab/host.ts';

/** Where the package puts the program. */
export const PROGRAM = 'usr/bin/lvmedic';

/** The product's Debian package. */
export interface Deb {
  readonly file: string;
  /** Its content, `DEBIAN` included; removed at this process's end. */
  readonly tree: string;
}

const opened = new Map<string, Deb>();

/** Unpacks a package, once per process. */
export function openDeb(file: string): Deb {
  const stamp = `${file} ${statSync(file).mtimeMs}`;
  let deb = opened.get(stamp);
  if (deb === undefined) {
    const tree = temporaryFolder('lvmedic-deb-');
    run('dpkg-deb', ['--raw-extract', file, tree]);
    deb = { file, tree };
    opened.set(stamp, deb);
  }
  return deb;
}

/** What changes with every sentence of the help, and guests never look at. */
const DOCUMENTS = /^usr\/share\/(doc|man|lintian|bash-completion|zsh|fish)\//;

/** Of what takes part in guests: not the program, which changes with every build, and no documents. */
export function debKey({ tree }: Deb): string {
  return digest(tree, (path) => path !== PROGRAM && path !== 'DEBIAN/md5sums' && !DOCUMENTS.test(path));
}

/** Of the program alone. */
export function programKey({ tree }: Deb): string {
  return digest(tree, (path) => path === PROGRAM);
}

function digest(tree: string, isPart: (path: string) => boolean): string {
  const hash = createHash('sha256');
  for (const path of readdirSync(tree, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!isPart(path)) continue;
    const file = join(tree, path);
    const stat = lstatSync(file);
    hash.update(`${path} ${stat.mode}\n`);
    if (stat.isSymbolicLink()) hash.update(readlinkSync(file));
    // The size of the program is in it.
    else if (path === 'DEBIAN/control')
      hash.update(readFileSync(file, 'utf8').replace(/^Installed-Size.*$/m, ''));
    else if (stat.isFile()) hash.update(readFileSync(file));
  }
  return hash.digest('hex');
}
