/**
 * Makes packages of the program and of what brings it into a boot (`initramfs/`), in dist/: see docs/packaging.md.
 *
 * `node scripts/packages.ts deb | rpm [--arch arm64]`; `… cpio` writes dist/lvmedic.cpio.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Product } from '../vm-harness/guest/with-guest.ts';
import { buildIso } from './iso.ts';
import { buildDeb } from './packages/deb.ts';
import { ARCHITECTURES, type Architecture, usualOrder } from './packages/order.ts';
import { buildRpm } from './packages/rpm.ts';
import { outputOfTool } from './packages/tools.ts';

const root = path.resolve(import.meta.dirname, '..');

/** Writes the archive for a boot loader's second initramfs, `dist/lvmedic.cpio`, and returns its path. */
function buildCpio(architecture: Architecture): string {
  const { program, output } = usualOrder(architecture);
  const file = path.join(output, architecture === 'amd64' ? 'lvmedic.cpio' : `lvmedic-${architecture}.cpio`);
  fs.writeFileSync(file, outputOfTool(path.join(root, 'initramfs/append/make-cpio'), [program]));
  return file;
}

const MAKERS: Readonly<Record<string, (architecture: Architecture) => string>> = {
  deb: (architecture) => buildDeb(usualOrder(architecture)),
  rpm: (architecture) => buildRpm(usualOrder(architecture)),
  cpio: buildCpio,
};

/**
 * The program for this machine and its packages, each of which is made when it is first asked for.
 *
 * @throws when `dist/lvmedic` is missing
 */
export function builtProduct(): Product {
  const order = usualOrder('amd64');
  return {
    program: order.program,
    deb: once(() => buildDeb(order)),
    cpio: once(() => buildCpio('amd64')),
    iso: async () => (await buildIso()).iso,
  };
}

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { arch: { type: 'string', default: 'amd64' } },
  });
  const make = MAKERS[positionals[0] ?? ''];
  const architecture = Object.keys(ARCHITECTURES).find((name): name is Architecture => name === values.arch);
  if (make === undefined || architecture === undefined || positionals.length > 1) {
    const [kinds, names] = [MAKERS, ARCHITECTURES].map((each) => Object.keys(each).join(' | '));
    throw new Error(`Usage: node scripts/packages.ts ${kinds} [--arch ${names}]`);
  }
  console.log(path.relative(root, make(architecture)));
}

if (import.meta.main) main();
