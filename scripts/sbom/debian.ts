import fs from 'node:fs';
import path from 'node:path';
import type { DebianPackage } from '../build/debian-archive.ts';
import { type Component, licenses, purl, sha256Of } from './document.ts';

/** Debian describes licences in words of its own; these sources are in every program, so NOTICE says theirs. */
const licenseOfSource: Readonly<Record<string, string>> = {
  glibc: 'LGPL-2.1-or-later',
  gcc: 'GPL-3.0-or-later WITH GCC-exception-3.1',
  musl: 'MIT',
  libzstd: 'BSD-3-Clause',
};

/**
 * One component for each Debian package, whichever way its version was learnt.
 *
 * @param filesOf the files of a package that are really passed on, when not all of it is
 */
export function debianComponents(
  packages: readonly DebianPackage[],
  filesOf: (each: DebianPackage) => readonly string[] = () => [],
): Component[] {
  return packages.map((each) => {
    const { name, version, architecture, source, sourceVersion, distribution, release } = each;
    const reference = purl('deb', [distribution, name], version, { arch: architecture, distro: release });
    const license = licenseOfSource[source.replace(/-\d+(-cross)?$/, '')];
    const files = filesOf(each);
    return {
      type: 'library',
      'bom-ref': reference,
      name,
      version,
      ...(license === undefined ? {} : { licenses: licenses(license) }),
      purl: reference,
      ...(files.length === 0 ? {} : { components: files.map(fileComponent) }),
      properties: [
        { name: 'lvmedic:source-package', value: source },
        { name: 'lvmedic:source-version', value: sourceVersion },
      ],
    };
  });
}

/**
 * The packages of a list with one line each: name, version, source package and its version, with tabs between. Which
 * release they are of is told by its package `base-files`, whose version begins with the release's number.
 */
export function packagesOfList(list: string): DebianPackage[] {
  const rows = list
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t'));
  const number = rows.find(([name]) => name === 'base-files')?.[1]?.match(/^\d+/)?.[0];
  return rows.map(([name = '', version = '', source = name, sourceVersion = version]) => ({
    ...{ name, version, source, sourceVersion },
    distribution: 'debian',
    release: number === undefined ? '' : `debian-${number}`,
    architecture: '',
  }));
}

/** A file that came in no package that we know of, or as part of one. */
export function fileComponent(file: string): Component {
  return { type: 'file', name: path.basename(file), hashes: sha256Of(fs.readFileSync(file)) };
}
