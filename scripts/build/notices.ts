import fs from 'node:fs';
import path from 'node:path';

/** An npm package of which something is in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  /** As npm writes it; empty for one that came from no registry. */
  readonly integrity: string;
  readonly folder: string;
  /** What NOTICE says after the licence. */
  readonly copyright: string;
}

interface Notice {
  readonly license: string;
  readonly copyright: string;
}

const section = 'In the program (npm packages)';

/**
 * The packages in these folders (below the project's).
 *
 * @throws when NOTICE does not name one, or names another licence than the package does
 */
export function bundledPackages(root: string, folders: readonly string[]): BundledPackage[] {
  const notices = readNotices(fs.readFileSync(path.join(root, 'NOTICE'), 'utf8'));
  const lock = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { integrity?: string }>;
  };
  return folders.map((folder) => {
    const manifest = JSON.parse(fs.readFileSync(path.join(root, folder, 'package.json'), 'utf8')) as {
      name: string;
      version: string;
      license?: string;
    };
    const { name, version, license = 'none' } = manifest;
    const notice = notices.get(name);
    if (notice === undefined)
      throw new Error(`The bundle holds ${name} ${version} (${license}): add it to NOTICE, "${section}".`);
    if (notice.license !== license)
      throw new Error(
        `${name} ${version} is under ${license}, and NOTICE says ${notice.license}: look at its licence and correct NOTICE.`,
      );
    return {
      ...{ name, version, license, copyright: notice.copyright },
      integrity: lock.packages[folder]?.integrity ?? '',
      folder: path.join(root, folder),
    };
  });
}

/** By name: two spaces, the name, the licence, a full stop, the copyright; what goes on is indented further. */
export function readNotices(text: string): ReadonlyMap<string, Notice> {
  const from = text.indexOf(`\n${section}\n`);
  if (from < 0) throw new Error(`NOTICE has no section "${section}"`);
  const [body = ''] = text.slice(from + section.length + 2).split(/\n\n\n/);
  const entries = body.matchAll(/^ {2}(\S+) +(\([^)]*\)|\S+)\. (.*(?:\n {3,}\S.*)*)/gm);
  return new Map(
    [...entries].map(([, name = '', license = '', copyright = '']) => [
      name,
      { license, copyright: copyright.replace(/\s+/g, ' ') },
    ]),
  );
}
