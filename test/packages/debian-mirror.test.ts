import { expect, test } from 'vitest';
import { type ArchivePart, mirrorAmong } from '../../scripts/build/debian-mirror.ts';

const OWN = 'http://mirror.example/debian/';
const OWN_SECURITY = 'http://mirror.example/debian-security/';
const KNOWN = `bookworm-updates ${OWN}\nbookworm-security ${OWN_SECURITY}\nbookworm ${OWN}\n`;
const OTHER = 'http://other.example/debian/';

test.each<[string, string, string, ArchivePart, string]>([
  ['the release that this machine runs', KNOWN, 'bookworm', 'release', OWN],
  ['its security updates', KNOWN, 'bookworm', 'security', OWN_SECURITY],
  ['another release, from the same mirror', KNOWN, 'trixie', 'release', OWN],
  ['… and its security updates', KNOWN, 'trixie', 'security', OWN_SECURITY],
  ['a release from a mirror of its own', `${KNOWN}sid ${OTHER}\n`, 'sid', 'release', OTHER],
  ['a mirror that serves no security updates', `bookworm ${OWN}\n`, 'bookworm', 'release', OWN],
  [
    '… for these, Debian',
    `bookworm ${OWN}\n`,
    'bookworm',
    'security',
    'http://deb.debian.org/debian-security',
  ],
  ['a machine that knows no Debian', '', 'bookworm', 'release', 'http://deb.debian.org/debian'],
])('where a Debian comes from: %s', (_, known, release, part, expected) => {
  expect(mirrorAmong(known, release, part)).toBe(expected);
});
