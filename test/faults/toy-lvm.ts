import { createHash } from 'node:crypto';
import type { MetadataArea, MetadataText, Region, Survey } from '../../src/model/survey.ts';
import { lvmCrc } from '../../src/ondisk/lvm2/crc.ts';
import { decodeMetadata } from '../../src/ondisk/lvm2/text/metadata.ts';
import { parseConfig } from '../../src/ondisk/lvm2/text/parser.ts';

/** How many extents each toy disk has. */
const EXTENTS = 24;
const EXTENT_SECTORS = 2048;
const PE_START_SECTORS = 2048;
const SECTOR_BYTES = 512;

export interface ToyRun {
  readonly pv: string;
  readonly start: number;
  readonly count: number;
}

interface ToyLv {
  readonly uuid: string;
  name: string;
  runs: ToyRun[];
}

interface ToyPv {
  readonly uuid: string;
  attached: boolean;
  /** Newest last; the last is committed. Empty: no VG has it. */
  ring: string[];
}

/** How a version of lvm takes a forced removal apart, and whether it says what it does. */
export type Style = 'a generation a volume' | 'the same, with descriptions' | 'at once';

const id = (kind: string, n: number): string => {
  const text = `${kind}${n}`.padEnd(32, 'x');
  return text.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/, '$1-$2-$3-$4-$5-$6-$7');
};

/**
 * A volume group as several versions of lvm would write it, disks that come and go, and the truth beside it: which LVs its
 * owner still has, and whose extents were given away.
 */
export class ToyGroup {
  readonly pvs: ToyPv[];
  #members: string[];
  #missing = new Set<string>();
  #thrownOut = new Set<string>();
  #lvs: ToyLv[] = [];
  #seqno = 0;
  #made = 0;
  readonly #ringLength: number;
  /** LVs that nobody removed on purpose, by id, with where they last stood whole. */
  readonly owed = new Map<string, { readonly name: string; readonly runs: readonly ToyRun[] }>();
  /** Of these, LVs that stand on extents which another LV has had since. */
  readonly overwritten = new Set<string>();

  constructor(pvCount: number, ringLength: number) {
    this.#ringLength = ringLength;
    this.pvs = Array.from({ length: pvCount }, (_, n) => ({ uuid: id('PV', n), attached: true, ring: [] }));
    this.#members = this.pvs.map(({ uuid }) => uuid);
    this.#write('');
  }

  #pv(uuid: string): ToyPv {
    const found = this.pvs.find((pv) => pv.uuid === uuid);
    if (found === undefined) throw new Error(uuid);
    return found;
  }

  readonly #isHere = (uuid: string): boolean => this.#pv(uuid).attached && !this.#missing.has(uuid);

  #freeOn(pv: string): number | null {
    for (let start = 0; start < EXTENTS; start++) {
      const taken = this.#lvs.some(({ runs }) =>
        runs.some((run) => run.pv === pv && start >= run.start && start < run.start + run.count),
      );
      if (!taken) return start;
    }
    return null;
  }

  /** A run of one or two extents on each of these PVs, as far as there is room. */
  #allocate(wanted: readonly string[], owner: string): ToyRun[] {
    return wanted.flatMap((pv): ToyRun[] => {
      const start = this.#freeOn(pv);
      if (start === null) return [];
      for (const [uuid, { runs }] of this.owed) {
        const hit = runs.some((run) => run.pv === pv && start >= run.start && start < run.start + run.count);
        if (hit && uuid !== owner) this.overwritten.add(uuid);
      }
      return [{ pv, start, count: 1 }];
    });
  }

  #remember(lv: ToyLv): void {
    this.owed.set(lv.uuid, { name: lv.name, runs: [...lv.runs] });
  }

  create(from: number): void {
    const here = this.#members.filter(this.#isHere);
    const wanted = here.filter((_, n) => (from >> n) % 2 === 1);
    const uuid = id('LV', this.#made);
    const runs = this.#allocate(wanted.length > 0 ? wanted : here.slice(0, 1), uuid);
    if (runs.length === 0) return;
    const lv: ToyLv = { uuid, name: `lv${this.#made++}`, runs };
    this.#lvs.push(lv);
    this.#remember(lv);
    this.#write('Write from lvcreate');
  }

  /** Only what is whole can be extended. */
  extend(n: number): void {
    const lv = this.#pick(n);
    if (lv === undefined || !lv.runs.every(({ pv }) => this.#isHere(pv))) return;
    const more = this.#allocate(
      lv.runs.slice(0, 1).map(({ pv }) => pv),
      lv.uuid,
    );
    if (more.length === 0) return;
    lv.runs = [...lv.runs, ...more];
    this.#remember(lv);
    this.#write('Write from lvextend');
  }

  /** On purpose, while all that it stands on is here. */
  remove(n: number): void {
    const lv = this.#pick(n);
    if (lv === undefined || !lv.runs.every(({ pv }) => this.#isHere(pv))) return;
    this.#lvs = this.#lvs.filter((each) => each !== lv);
    // A disk that goes away with this very change leaves it open whether that was meant.
    const isProvable = lv.runs.every(({ pv }) => this.#pv(pv).attached);
    this.#write('Write from lvremove');
    if (isProvable) {
      this.owed.delete(lv.uuid);
      this.overwritten.delete(lv.uuid);
    }
  }

  rename(n: number): void {
    const lv = this.#pick(n);
    if (lv === undefined) return;
    lv.name = `lv${this.#made++}`;
    const owed = this.owed.get(lv.uuid);
    if (owed !== undefined) this.owed.set(lv.uuid, { ...owed, name: lv.name });
    this.#write('Write from lvrename');
  }

  change(): void {
    this.#write('Write from vgchange');
  }

  #pick(n: number): ToyLv | undefined {
    return this.#lvs[n % Math.max(1, this.#lvs.length)];
  }

  detach(n: number): void {
    const pv = this.pvs[n % this.pvs.length];
    if (pv !== undefined && this.pvs.filter(({ attached }) => attached).length > 1) pv.attached = false;
  }

  attach(n: number): void {
    const pv = this.pvs[n % this.pvs.length];
    if (pv !== undefined) pv.attached = true;
  }

  /** `vgextend --restoremissing` for all that is here again. */
  restoreMissing(): void {
    const back = [...this.#missing].filter((uuid) => this.#pv(uuid).attached);
    if (back.length === 0) return;
    for (const uuid of back) this.#missing.delete(uuid);
    this.#write('Write from vgextend --restoremissing');
  }

  /** `vgreduce --removemissing --force`; `steps`: after so many generations the power went. */
  dropMissing(style: Style, steps: number): void {
    for (const uuid of this.#members) if (!this.#pv(uuid).attached) this.#missing.add(uuid);
    const gone = new Set(this.#missing);
    if (gone.size === 0 || !this.#members.some((uuid) => !gone.has(uuid))) return;
    const victims = this.#lvs.filter(({ runs }) => runs.some(({ pv }) => gone.has(pv)));
    const says = (n: number) =>
      style === 'the same, with descriptions'
        ? `Write${n > 1 ? `[${n}]` : ''} from vgreduce --removemissing --force`
        : '';
    let left = steps;
    if (style !== 'at once') {
      for (const [index, victim] of victims.entries()) {
        if (left-- <= 0) return;
        this.#lvs = this.#lvs.filter((lv) => lv !== victim);
        this.#write(says(index + 1));
      }
    }
    if (left-- <= 0) return;
    this.#lvs = this.#lvs.filter((lv) => !victims.includes(lv));
    this.#members = this.#members.filter((uuid) => !gone.has(uuid));
    this.#missing.clear();
    for (const uuid of gone) this.#thrownOut.add(uuid);
    this.#write(says(victims.length + 1));
  }

  /** Somebody clears a thrown-out disk that is here and takes it in again: what was on it is given up for good. */
  takeIn(n: number): void {
    const out = [...this.#thrownOut].filter((uuid) => this.#pv(uuid).attached);
    const uuid = out[n % Math.max(1, out.length)];
    if (uuid === undefined) return;
    this.#pv(uuid).ring = [];
    this.#thrownOut.delete(uuid);
    this.#members.push(uuid);
    this.#write('Write from vgextend');
  }

  #write(description: string): void {
    for (const uuid of this.#members) if (!this.#pv(uuid).attached) this.#missing.add(uuid);
    this.#seqno++;
    const text = this.#text(description);
    for (const uuid of this.#members.filter(this.#isHere)) {
      const pv = this.#pv(uuid);
      pv.ring = [...pv.ring, text].slice(-this.#ringLength);
    }
    if (this.#thrownOut.size > 0 || this.#missing.size > 0) return;
    // All disks are there: this is what the owner has now.
    this.owed.clear();
    this.overwritten.clear();
    for (const lv of this.#lvs) this.#remember(lv);
  }

  #text(description: string): string {
    const name = (uuid: string) => `pv${this.#members.indexOf(uuid)}`;
    const pvs = this.#members.map(
      (uuid) =>
        `${name(uuid)} {\nid = "${uuid}"\ndevice = "/dev/x"\nstatus = ["ALLOCATABLE"]\nflags = [${this.#missing.has(uuid) ? '"MISSING"' : ''}]\ndev_size = ${PE_START_SECTORS + EXTENTS * EXTENT_SECTORS}\npe_start = ${PE_START_SECTORS}\npe_count = ${EXTENTS}\n}\n`,
    );
    const lvs = this.#lvs.map((lv) => {
      let at = 0;
      const segments = lv.runs.map((run, n) => {
        const start = at;
        at += run.count;
        return `segment${n + 1} {\nstart_extent = ${start}\nextent_count = ${run.count}\ntype = "striped"\nstripe_count = 1\nstripes = ["${name(run.pv)}", ${run.start}]\n}\n`;
      });
      return `${lv.name} {\nid = "${lv.uuid}"\nstatus = ["READ", "WRITE", "VISIBLE"]\nflags = []\nsegment_count = ${segments.length}\n${segments.join('')}}\n`;
    });
    const lvSection = lvs.length === 0 ? '' : `logical_volumes {\n${lvs.join('')}}\n`;
    return `toy {\nid = "${id('VG', 0)}"\nseqno = ${this.#seqno}\nformat = "lvm2"\nstatus = ["RESIZEABLE", "READ", "WRITE"]\nflags = []\nextent_size = ${EXTENT_SECTORS}\nmax_lv = 0\nmax_pv = 0\nphysical_volumes {\n${pvs.join('')}}\n${lvSection}}\ncontents = "Text Format Volume Group"\nversion = 1\ndescription = "${description}"\ncreation_host = "toy"\ncreation_time = ${1_700_000_000 + this.#seqno}\n`;
  }

  /** What a survey of the disks that are here reads. */
  survey(): Survey {
    const here = this.pvs.filter(({ attached }) => attached);
    return {
      disks: here.map((pv, n) => ({
        ...{ path: `/dev/d${n}`, kind: 'block', sizeBytes: SIZE_BYTES, sectorBytes: 512, readOnly: false },
        ...{ identity: pv.uuid, table: null, regions: [regionOf(pv, `/dev/d${n}`)], problems: [] },
      })),
      ...{ unread: [], files: [], hypotheses: [], lvFilesystems: [] },
      machine: {
        ...{ targetsGiven: true, inInitramfs: false, deviceMapper: false, kernelCommandLine: '' },
        ...{ presentDevices: [], lvm: { path: 'lvm', version: '2.03.16' }, activeLvs: [], pvCache: false },
      },
    };
  }
}

const SIZE_BYTES = (PE_START_SECTORS + EXTENTS * EXTENT_SECTORS) * SECTOR_BYTES;
const AREA = { offsetBytes: 4096, sizeBytes: 1_044_480 };

function regionOf({ uuid, ring }: ToyPv, path: string): Region {
  const texts = ring.map((text, n) => textOf(text, path, AREA.offsetBytes + 512 * (n + 1)));
  const committed = texts.at(-1);
  const area: MetadataArea = {
    ...AREA,
    ...{ from: 'header', headerGood: true, ignored: false, slots: [], problems: [] },
    committed:
      committed === undefined
        ? null
        : {
            ...{ good: true, crcStored: committed.crc, crcComputed: committed.crc, text: committed },
            ...{ corrected: null, problems: [] },
          },
    olderTexts: texts.slice(0, -1).toReversed(),
  };
  return {
    ...{ id: path, device: path, partition: null, startBytes: 0, sizeBytes: SIZE_BYTES, node: path },
    pv: {
      labels: [{ sector: 1, good: true, crcStored: 0, crcComputed: 0, problems: [] }],
      header: {
        ...{ offsetBytes: 544, uuid, deviceSizeBytes: SIZE_BYTES, dataAreas: [], metadataAreas: [AREA] },
        ...{ extensionVersion: 2, extensionFlags: 1, bootloaderAreas: [], problems: [] },
      },
      metadataAreas: [area],
      strayTexts: [],
    },
    ...{ signatures: [], headBlank: false, isLeg: false, problems: [] },
  };
}

function textOf(text: string, device: string, offsetBytes: number): MetadataText {
  const bytes = Buffer.from(`${text}\0`, 'latin1');
  const metadata = decodeMetadata(parseConfig(bytes).value).value;
  if (metadata === null) throw new Error(`no text: ${text}`);
  return {
    source: { kind: 'disk', device, partition: null, offsetBytes },
    ...{ sizeBytes: bytes.length, crc: lvmCrc(bytes), metadata },
    digest: createHash('sha256').update(bytes).digest('hex'),
  };
}
