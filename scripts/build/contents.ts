import type { BundledPackage } from './notices.ts';
import type { OwningPackage, Toolchain } from './toolchain.ts';

/** What really went into one program; the documents beside it are made from this. */
export interface Contents {
  readonly root: string;
  /** lvmedic's own. */
  readonly version: string;
  readonly program: string;
  readonly toolchain: Toolchain;
  readonly packages: readonly BundledPackage[];
  /** Carried libraries, and the libraries and start files that the launcher is linked with. */
  readonly libraries: readonly string[];
  /** The Debian package of each library that came in one. */
  readonly owners: ReadonlyMap<string, OwningPackage>;
}
