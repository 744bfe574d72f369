import type { DebianPackage } from './debian-archive.ts';
import { run } from './run.ts';

export const archs = ['amd64', 'arm64'] as const;
/** Debian's names. */
export type Arch = (typeof archs)[number];

/** What the program for one processor is made of, and made with. */
export interface Toolchain {
  readonly arch: Arch;
  /** As Node's project publishes it. */
  readonly nodeBinary: string;
  /** The npm package that it came in. */
  readonly nodePackage: NodePackage;
  readonly strip: string;
  /** The dynamic linker first, then every library that Node's binary needs. */
  readonly libraries: readonly string[];
  /** Makes static programs with musl and zstd: what comes before the sources, and what comes after them. */
  readonly compiler: readonly string[];
  readonly linked: readonly string[];
  /** The Debian packages that libraries came in, by file; without those that came in none. */
  readonly packagesOf: (files: readonly string[]) => ReadonlyMap<string, OwningPackage>;
}

export interface NodePackage {
  readonly name: string;
  readonly version: string;
  /** As npm writes it: the algorithm, a hyphen, Base64. */
  readonly integrity: string;
  readonly folder: string;
}

export interface OwningPackage extends DebianPackage {
  /** The package's licence, as Debian demands one of every package. */
  readonly copyrightFile: string;
}

/** The dynamic linker that a program asks for. */
export function interpreterOf(program: string): string {
  const linker = /interpreter: (\S+?)\]/.exec(run('readelf', ['-lW', program]))?.[1];
  if (!linker) throw new Error(`${program} names no dynamic linker`);
  return linker;
}
