import { readPv } from './ondisk.ts';
import type { LabWorld, LvSegment } from './world.ts';

/** A section of LVM's text as plain data: values by key, sections as objects of their own. */
interface Section {
  readonly [key: string]: Value;
}
type Value = string | number | readonly (string | number)[] | Section;

/** A volume group as the newest text that is committed and right on these disks describes it; read by no lvm. */
export interface GroupOnDisks {
  readonly name: string;
  readonly id: string;
  readonly seqno: number;
  readonly extentBytes: number;
  readonly tags: readonly string[];
  /** Ids of LVs by name. */
  readonly lvIds: Readonly<Record<string, string>>;
  readonly lvs: Readonly<Record<string, readonly LvSegment[]>>;
  /** Disks of its PVs; null for one that is on none of them. */
  readonly disks: readonly (string | null)[];
  /** Where data begins on each disk, from the start of its PV; of PVs that are on none of the disks nothing. */
  readonly peStartBytes: Readonly<Record<string, number>>;
}

/** Every volume group on the disks of a world that are there (and not in `without`), by name. */
export function groupsOn(world: LabWorld, without: readonly string[] = []): Map<string, GroupOnDisks> {
  world.flush();
  const disks = world.present().filter((disk) => !without.includes(disk));
  return groupsIn(
    disks.map((name) => ({ name, image: world.image(name), pvStartBytes: world.pvStartBytes(name) })),
  );
}

/** The same in images; of two groups with one name, the one with the higher seqno. */
export function groupsIn(
  disks: readonly { readonly name: string; readonly image: string; readonly pvStartBytes?: number }[],
): Map<string, GroupOnDisks> {
  const labels = disks.flatMap(({ name, image, pvStartBytes }) => {
    const pv = readPv(image, pvStartBytes);
    return pv === null ? [] : [{ disk: name, pv }];
  });
  const diskOf = new Map(labels.map(({ disk, pv }) => [pv.uuid, disk]));
  const found = new Map<string, GroupOnDisks>();
  for (const { pv } of labels) {
    for (const mda of pv.mdas) {
      if (mda.text === null || !mda.crcGood || !mda.headerGood || mda.ignored) continue;
      const group = describe(mda.text, diskOf);
      if (group.seqno > (found.get(group.name)?.seqno ?? -1)) found.set(group.name, group);
    }
  }
  return found;
}

function describe(text: string, diskOf: ReadonlyMap<string, string>): GroupOnDisks {
  const [name = '', vg = {}] = Object.entries(parseText(text)).find(([, value]) => isSection(value)) ?? [];
  const group = vg as Section;
  const pvs = Object.entries(sectionOf(group, 'physical_volumes')) as [string, Section][];
  const diskNamed = new Map(pvs.map(([key, pv]) => [key, diskOf.get(String(pv.id)) ?? 'unknown']));
  const lvs = Object.entries(sectionOf(group, 'logical_volumes')) as [string, Section][];
  return {
    ...{ name, id: String(group.id), seqno: Number(group.seqno) },
    extentBytes: Number(group.extent_size) * 512,
    tags: listOf(group.tags).map(String).sort(),
    lvIds: Object.fromEntries(lvs.map(([key, lv]) => [key, String(lv.id)])),
    lvs: Object.fromEntries(lvs.map(([key, lv]) => [key, segmentsOf(lv, diskNamed)])),
    disks: pvs.map(([, pv]) => diskOf.get(String(pv.id)) ?? null),
    peStartBytes: Object.fromEntries(
      pvs.flatMap(([key, pv]) => {
        const disk = diskNamed.get(key) ?? 'unknown';
        return disk === 'unknown' ? [] : [[disk, Number(pv.pe_start) * 512]];
      }),
    ),
  };
}

function segmentsOf(lv: Section, diskNamed: ReadonlyMap<string, string>): LvSegment[] {
  const segments = Object.entries(lv).filter(([key, value]) => /^segment\d+$/.test(key) && isSection(value));
  return segments
    .map(([, value]): LvSegment => {
      const segment = value as Section;
      const stripes = listOf(segment.stripes ?? segment.mirrors ?? segment.raids);
      const areas: { disk: string; startExtent: number }[] = [];
      for (const [at, name] of stripes.entries()) {
        if (typeof name !== 'string') continue;
        const start = stripes[at + 1];
        areas.push({ disk: diskNamed.get(name) ?? name, startExtent: typeof start === 'number' ? start : 0 });
      }
      const type = String(segment.type);
      return {
        startExtent: Number(segment.start_extent),
        extentCount: Number(segment.extent_count),
        type: type === 'striped' && areas.length === 1 ? 'linear' : type,
        stripeBytes: Number(segment.stripe_size ?? 0) * 512,
        areas,
      };
    })
    .sort((a, b) => a.startExtent - b.startExtent);
}

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const sectionOf = (section: Section, key: string): Section => {
  const value = section[key];
  return isSection(value) ? value : {};
};
const listOf = (value: Value | undefined): readonly (string | number)[] =>
  Array.isArray(value) ? value : value === undefined || isSection(value) ? [] : [value as string | number];

const TOKEN = /\s+|#[^\n]*|"((?:[^"\\]|\\.)*)"|([{}[\]=,])|(-?\d+)(?![\w.+-])|([\w.+-]+)/gy;

/** LVM's configuration grammar, as far as its metadata uses it. Throws on anything else: it is for whole texts. */
function parseText(text: string): Section {
  const tokens: { kind: 'string' | 'mark' | 'number' | 'word'; text: string }[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new Error(`no metadata text at ${at}: ${text.slice(at, at + 20)}`);
    const [, string, mark, number, word] = match;
    if (string !== undefined) tokens.push({ kind: 'string', text: string.replaceAll(/\\(.)/g, '$1') });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
  }
  let at = 0;
  const value = (): string | number => {
    const token = tokens[at++];
    return token?.kind === 'number' ? Number(token.text) : (token?.text ?? '');
  };
  const section = (): Section => {
    const found: Record<string, Value> = {};
    while (at < tokens.length && tokens[at]?.text !== '}') {
      const key = tokens[at++]?.text ?? '';
      if (tokens[at]?.text === '{') {
        at++;
        found[key] = section();
        at++;
        continue;
      }
      at++;
      if (tokens[at]?.kind !== 'mark') {
        found[key] = value();
        continue;
      }
      at++;
      const items: (string | number)[] = [];
      while (at < tokens.length && !(tokens[at]?.kind === 'mark' && tokens[at]?.text === ']')) {
        if (tokens[at]?.kind === 'mark') at++;
        else items.push(value());
      }
      at++;
      found[key] = items;
    }
    return found;
  };
  return section();
}
