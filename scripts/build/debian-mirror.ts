import { tryRun } from './run.ts';

/** A release, or the security updates of one. */
export type ArchivePart = 'release' | 'security';

const DEFAULTS: Readonly<Record<ArchivePart, string>> = {
  release: 'http://deb.debian.org/debian',
  security: 'http://deb.debian.org/debian-security',
};

/** Where to get a Debian release from, or its security updates: where this machine's own apt gets Debian from. */
export function debianMirror(release: string, part: ArchivePart = 'release'): string {
  const known = tryRun('apt-get', [
    ...['indextargets', '--format', '$(CODENAME) $(REPO_URI)', 'Origin: Debian', 'Created-By: Packages'],
  ]);
  return mirrorAmong(known ?? '', release, part);
}

/**
 * The mirror of that very suite; else one of another release, for a mirror has them all; else where Debian offers it.
 *
 * @param known what apt has lists of, in lines of codename and address
 */
export function mirrorAmong(known: string, release: string, part: ArchivePart): string {
  const archives = known.split('\n').filter((line) => /\S$/.test(line));
  const suite = part === 'security' ? `${release}-security` : release;
  const found =
    archives.find((line) => line.startsWith(`${suite} `)) ??
    archives.find((line) => line.includes('security') === (part === 'security'));
  return found?.replace(/^\S* /, '') ?? DEFAULTS[part];
}
