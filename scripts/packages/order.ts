import fs from 'node:fs';
import path from 'node:path';
import { sourceDateEpoch } from '../build/epoch.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Processors that there are packages for, by Debian's names. */
export const ARCHITECTURES = {
  amd64: { rpm: 'x86_64', program: 'dist/lvmedic' },
  arm64: { rpm: 'aarch64', program: 'dist/lvmedic-arm64' },
} as const;
export type Architecture = keyof typeof ARCHITECTURES;

/** Of whom a package says that they made it. The domain is nobody's, and never will be (RFC 2606). */
export const MAINTAINER = 'lvmedic authors <authors@lvmedic.invalid>';

/** What a package is to be made of. The same order, the same bytes. */
export interface PackageOrder {
  readonly architecture: Architecture;
  /** The one file. */
  readonly program: string;
  /** Of lvmedic; the package adds `-1`. */
  readonly version: string;
  /** The time that all files bear. */
  readonly epochSeconds: number;
  /** The folder that the package is written to. */
  readonly output: string;
}

/**
 * A package of the program as it was built, with the version of package.json, into dist/.
 *
 * @throws when the program was not built
 */
export function usualOrder(architecture: Architecture): PackageOrder {
  const program = path.join(root, ARCHITECTURES[architecture].program);
  if (!fs.existsSync(program)) {
    const how = architecture === 'amd64' ? 'npm run build' : `node scripts/build.ts --arch ${architecture}`;
    throw new Error(`${path.relative(root, program)} is missing: \`${how}\` makes it.`);
  }
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  return {
    architecture,
    program,
    version,
    epochSeconds: sourceDateEpoch(root),
    output: path.join(root, 'dist'),
  };
}
