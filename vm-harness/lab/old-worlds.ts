import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, copyFileSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { groupsIn } from './groups.ts';
import { run, temporaryFolder } from './host.ts';
import { readBytes, readPv } from './ondisk.ts';

/** Disks that older versions of lvm have harmed: what they were, and what must come of them. */
export interface OldCase {
  /** The version that did the harm. */
  readonly lvm: string;
  readonly case: string;
  readonly volumeGroup: string;
  readonly expect: 'repaired' | 'declined';
  readonly faults: readonly string[];
  readonly tags: readonly string[];
  readonly logicalVolumes: Readonly<
    Record<
      string,
      {
        readonly segments: readonly {
          readonly disk: string;
          readonly offsetBytes: number;
          readonly lengthBytes: number;
        }[];
        readonly sha256: string;
      }
    >
  >;
  readonly diskSha256: Readonly<Record<string, string>>;
}

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/old-lvm/', import.meta.url));

export const oldWorlds = (): string[] => readdirSync(FIXTURES).sort();

/** The disks of such a world, unpacked into a folder of their own. */
export class OldWorld {
  readonly name: string;
  readonly dir: string;
  readonly case: OldCase;
  readonly disks: readonly { readonly name: string; readonly image: string }[];

  constructor(name: string) {
    this.name = name;
    this.dir = temporaryFolder('lvmedic-old-');
    this.case = JSON.parse(readFileSync(join(FIXTURES, name, 'case.json'), 'utf8')) as OldCase;
    for (const folder of ['disks', 'kept', 'state', 'etc-lvm']) mkdirSync(join(this.dir, folder));
    this.disks = Object.keys(this.case.diskSha256).map((disk) => {
      const image = join(this.dir, 'disks', `${disk}.img`);
      unpack(join(FIXTURES, name, `${disk}.img.xz`), image);
      run('cp', ['--sparse=always', image, join(this.dir, 'kept')]);
      return { name: disk, image };
    });
  }

  targets(): string[] {
    return this.disks.map(({ image }) => image);
  }

  /** The disks as they came, and nothing of any earlier run. */
  restore(): void {
    for (const { name, image } of this.disks) copyFileSync(join(this.dir, 'kept', `${name}.img`), image);
    rmSync(join(this.dir, 'state'), { recursive: true });
    mkdirSync(join(this.dir, 'state'));
  }

  fingerprint(): Record<string, string> {
    return Object.fromEntries(this.disks.map(({ name, image }) => [name, sha256([readFileSync(image)])]));
  }

  dispose(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** What is wrong with it as a repaired world, by bytes alone; empty when every volume is whole. */
  problems(): string[] {
    const { volumeGroup, logicalVolumes, tags } = this.case;
    const group = groupsIn(this.disks).get(volumeGroup);
    if (group === undefined) return [`${volumeGroup} is gone`];
    const problems: string[] = [];
    const texts = new Set(
      this.disks.flatMap(({ image }) => readPv(image)?.mdas.map(({ text }) => text) ?? []),
    );
    if (texts.size !== 1) problems.push(`the disks hold ${texts.size} different texts`);
    if ([...texts].some((text) => text?.includes('"MISSING"'))) problems.push('a PV is called MISSING');
    if (`${group.tags}` !== `${[...tags].sort()}`) problems.push(`tags ${group.tags}, not ${tags}`);
    const there = Object.keys(group.lvs).sort();
    const owed = Object.keys(logicalVolumes).sort();
    if (`${there}` !== `${owed}`) problems.push(`volumes ${there}, not ${owed}`);
    for (const [lv, { segments, sha256: wanted }] of Object.entries(logicalVolumes)) {
      const places = (group.lvs[lv] ?? []).map(({ areas: [area], extentCount }) => ({
        disk: area?.disk,
        offsetBytes:
          (group.peStartBytes[area?.disk ?? ''] ?? 0) + (area?.startExtent ?? 0) * group.extentBytes,
        lengthBytes: extentCount * group.extentBytes,
      }));
      if (JSON.stringify(places) !== JSON.stringify(segments)) {
        problems.push(`${lv} stands at ${JSON.stringify(places)}, not ${JSON.stringify(segments)}`);
      }
      const content = segments.map(({ disk, offsetBytes, lengthBytes }) =>
        readBytes(join(this.dir, 'disks', `${disk}.img`), offsetBytes, lengthBytes),
      );
      if (sha256(content) !== wanted) problems.push(`${lv}: its content changed`);
    }
    return problems;
  }
}

function unpack(packed: string, image: string): void {
  const out = openSync(image, 'w');
  try {
    const ran = spawnSync('xz', ['-dc', packed], { stdio: ['ignore', out, 'pipe'] });
    if (ran.status !== 0) throw new Error(`xz ${packed}: ${ran.stderr}`);
  } finally {
    closeSync(out);
  }
}

function sha256(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
