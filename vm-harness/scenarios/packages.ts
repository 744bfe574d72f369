import { SUITES, type Suite } from '../guest/suites.ts';
import { playDebLife } from '../packages/deb-life.ts';
import { playRpmLife, type RpmPair } from '../packages/rpm-life.ts';

/** What the cases are played with; each is made when it is first asked for. */
export interface Packages {
  deb(): string;
  rpms(): RpmPair;
}

/** The life of a package in an installed system, which is not booted: what each initramfs made of it is looked into. */
export interface PackageCase {
  /** Unique. */
  readonly id: string;
  readonly title: string;
  readonly suite: Suite;
  readonly generator: 'initramfs-tools' | 'dracut';
  /** Part of every `npm test`; the others belong to the matrix. */
  readonly always: boolean;
  /** Rejects when something is not as it must be. */
  play(packages: Packages): Promise<void>;
}

const TITLE =
  'installed, set up otherwise, upgraded, taken out: every initramfs is right, and nothing is left';

const debs: readonly PackageCase[] = SUITES.flatMap((suite) =>
  (['initramfs-tools', 'dracut'] as const).map((generator) => ({
    ...{ suite, generator, id: `deb/${suite}/${generator}`, title: `the .deb is ${TITLE}` },
    always: suite === 'bookworm' && generator === 'initramfs-tools',
    play: (packages: Packages) => playDebLife({ suite, generator }, packages.deb()),
  })),
);

const rpm: PackageCase = {
  ...{ suite: 'bookworm', generator: 'dracut', id: 'rpm/bookworm/dracut' },
  title: `the .rpm, in a Debian without initramfs-tools, is ${TITLE}`,
  always: true,
  play: (packages) => playRpmLife(packages.rpms()),
};

export const packageCases: readonly PackageCase[] = [...debs, rpm];
