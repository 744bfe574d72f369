import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { MIB, removeFolder, run, temporaryFolder } from './host.ts';
import { attachLoop, detachLoop, type Loop } from './loops.ts';
import { inLabDialect, LAB_LVM, labSettings, NotPossible, since } from './lvm-tool.ts';
import { type PvOnImage, readPv, writeBytes } from './ondisk.ts';

/** One disk of a world: a sparse image that can be attached as a loop device. */
export interface DiskSpec {
  readonly name: string;
  readonly sizeMiB: number;
  readonly sectorBytes?: 512 | 4096;
  /** With a GPT and one LVM partition, where the PV stands; without it the PV takes the whole disk. */
  readonly partition?: { readonly startMiB: number; readonly sizeMiB: number };
}

export interface LvmOptions {
  /** Disks that this command must not see. */
  readonly without?: readonly string[];
  /** Whether lvm writes its own backup and archive files; the world's setting by default. */
  readonly archive?: boolean;
  /** It must not write to disks, even if this version repairs what it reads. */
  readonly readOnly?: boolean;
}

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LvSegment {
  readonly startExtent: number;
  readonly extentCount: number;
  readonly type: string;
  readonly stripeBytes: number;
  readonly areas: readonly { readonly disk: string; readonly startExtent: number }[];
}

/** What must stand on the disks after a right repair, by `vg/lv`. */
export interface Truth {
  lvs: Record<string, readonly LvSegment[]>;
  tags: Record<string, readonly string[]>;
  payload: Record<string, string>;
}

const CHUNK = Buffer.alloc(4 * MIB);
/** A private place with disks, an lvm configuration of its own and the guest's /etc/lvm. */
export class LabWorld {
  readonly dir: string;
  readonly disks: readonly DiskSpec[];
  /** The guest's LVM_SYSTEM_DIR: holds backup/ and archive/. */
  readonly lvmDir: string;
  readonly stateDir: string;
  archive: boolean;
  truth: Truth = { lvs: {}, tags: {}, payload: {} };
  readonly #loops = new Map<string, Loop>();
  readonly #pulledOut = new Set<string>();

  constructor(disks: readonly DiskSpec[], options: { archive?: boolean } = {}) {
    this.dir = temporaryFolder('lvmedic-lab-');
    this.disks = disks;
    this.archive = options.archive ?? true;
    this.lvmDir = join(this.dir, 'etc-lvm');
    this.stateDir = join(this.dir, 'state');
    for (const folder of ['disks', 'away', 'lock', 'conf', 'state', 'etc-lvm/backup', 'etc-lvm/archive']) {
      mkdirSync(join(this.dir, folder), { recursive: true });
    }
    for (const disk of disks) {
      writeFileSync(this.image(disk.name), '');
      truncateSync(this.image(disk.name), disk.sizeMiB * MIB);
    }
  }

  /** A second world with the same bytes on its disks, the same files in /etc/lvm and the same truth. */
  copy(): LabWorld {
    this.detach();
    const other = new LabWorld(this.disks, { archive: this.archive });
    for (const folder of ['disks', 'away', 'etc-lvm']) {
      run('cp', ['--archive', '--sparse=always', `${join(this.dir, folder)}/.`, join(other.dir, folder)]);
    }
    for (const name of this.#pulledOut) {
      other.#pulledOut.add(name);
      rmSync(join(other.dir, 'disks', `${name}.img`), { force: true });
    }
    other.truth = structuredClone(this.truth);
    return other;
  }

  /** Where the image of a disk lies, also while it is pulled out. */
  image(name: string): string {
    return join(this.dir, this.#pulledOut.has(name) ? 'away' : 'disks', `${name}.img`);
  }

  spec(name: string): DiskSpec {
    const found = this.disks.find((disk) => disk.name === name);
    if (found === undefined) throw new Error(`no disk ${name}`);
    return found;
  }

  /** Where the PV starts inside the image. */
  pvStartBytes(name: string): number {
    return (this.spec(name).partition?.startMiB ?? 0) * MIB;
  }

  /** The disks that are there, in order. */
  present(): string[] {
    return this.disks.map((disk) => disk.name).filter((name) => !this.#pulledOut.has(name));
  }

  /** The images as TARGETs for the product; loop devices are let go first, for they cache. */
  imageTargets(): string[] {
    this.detach();
    return this.present().map((name) => this.image(name));
  }

  /**
   * Whole disks as loop devices, apart from the nodes that {@link node} gives; they live until {@link detach}. `names`:
   * which, in the order in which they get the free nodes.
   */
  loopTargets(options: { readOnly?: boolean; names?: readonly string[] } = {}): string[] {
    this.detach();
    return (options.names ?? this.present()).map((name) => {
      const loop = attachLoop(this.image(name), {
        ...this.#sector(name),
        readOnly: options.readOnly ?? false,
      });
      this.#loops.set(`target ${name}`, loop);
      return loop.node;
    });
  }

  /** The device node where this disk's PV stands; attaches it when needed. */
  node(name: string): string {
    const known = this.#loops.get(name);
    if (known !== undefined) return known.node;
    const { partition } = this.spec(name);
    const part = partition && { offsetBytes: partition.startMiB * MIB, sizeBytes: partition.sizeMiB * MIB };
    const loop = attachLoop(this.image(name), { ...part, ...this.#sector(name) });
    this.#loops.set(name, loop);
    return loop.node;
  }

  #sector(name: string): { sectorBytes?: number } {
    const { sectorBytes } = this.spec(name);
    return sectorBytes === undefined ? {} : { sectorBytes };
  }

  /** The disk's name for a device node that {@link node} gave. */
  diskOf(node: string): string {
    for (const [name, loop] of this.#loops) if (loop.node === node) return name;
    return 'unknown';
  }

  /** Lets loop devices go: all, or those of one disk. Needed before its image is written behind their back. */
  detach(name?: string): void {
    for (const [key, loop] of this.#loops) {
      if (name !== undefined && key !== name && key !== `target ${name}`) continue;
      detachLoop(loop);
      this.#loops.delete(key);
    }
  }

  /** Brings what was written through loop devices into the images; the devices stay. */
  flush(): void {
    for (const { node } of this.#loops.values()) spawnSync('blockdev', ['--flushbufs', node]);
  }

  /** Takes the disk out of the machine (it keeps its content). */
  pullOut(name: string): void {
    this.detach(name);
    const from = this.image(name);
    this.#pulledOut.add(name);
    renameSync(from, this.image(name));
  }

  plugIn(name: string): void {
    const from = this.image(name);
    this.#pulledOut.delete(name);
    renameSync(from, this.image(name));
  }

  /** Runs the real lvm on this world's disks and on nothing else; a failure throws. */
  lvm(args: readonly string[], options: LvmOptions = {}): string {
    const ran = this.tryLvm(args, options);
    if (!since('2.02.105') && ran.stderr.includes('unknown segments')) {
      throw new NotPossible('it does not know this kind of LV');
    }
    if (ran.status !== 0) throw new Error(`lvm ${args.join(' ')}: ${ran.status}\n${ran.stdout}${ran.stderr}`);
    return ran.stdout;
  }

  /**
   * The same, whatever its exit status. What to see is configured by file, not by options, so that
   * the command lines which lvm keeps in its texts are those that a person would have typed.
   */
  tryLvm(args: readonly string[], options: LvmOptions = {}): Ran {
    const seen = this.present().filter((name) => !(options.without ?? []).includes(name));
    const filter = [...seen.map((name) => `"a|^${this.node(name)}$|"`), '"r|.*|"'].join(',');
    const keep = (options.archive ?? this.archive) ? 1 : 0;
    writeFileSync(
      join(this.dir, 'conf/lvm.conf'),
      labSettings(this.dir, filter, keep, this.lvmDir, options.readOnly ?? false),
    );
    const ran = spawnSync(LAB_LVM, inLabDialect(args), {
      // lvm 2.02.98 leaves a directory of a garbled name where it stands.
      cwd: this.dir,
      encoding: 'utf8',
      input: '',
      env: {
        PATH: process.env.PATH,
        LC_ALL: 'C',
        LVM_SYSTEM_DIR: join(this.dir, 'conf'),
        LVM_SUPPRESS_FD_WARNINGS: '1',
      },
    });
    return { status: ran.status ?? -1, stdout: ran.stdout, stderr: ran.stderr };
  }

  /** One report of lvm's as rows by column. Writes nothing: 2.02 would repair what it reads, if it were let. */
  report(
    command: 'pvs' | 'vgs' | 'lvs',
    columns: string,
    args: readonly string[] = [],
  ): Record<string, string>[] {
    const common = [
      ...(since('2.03.0') ? ['--readonly'] : []),
      '--noheadings',
      '--separator',
      '|',
      '--units',
      'b',
      '--nosuffix',
      '-o',
      columns,
    ];
    const out = this.lvm([command, ...common, ...args], { archive: false, readOnly: true });
    const names = columns.split(',');
    return out
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => {
        const fields = line.trim().split('|');
        return Object.fromEntries(names.map((name, at) => [name, fields[at] ?? '']));
      });
  }

  /** The PV on a disk, by the harness's own reader. */
  pv(name: string): PvOnImage {
    const pv = this.tryPv(name);
    if (pv === null) throw new Error(`no label on ${name}`);
    return pv;
  }

  tryPv(name: string): PvOnImage | null {
    return readPv(this.image(name), this.pvStartBytes(name));
  }

  /** Overwrites bytes on a disk, counted from the start of its PV (of the disk, where it has no partition). */
  overwrite(name: string, offsetBytes: number, bytes: Uint8Array): void {
    this.detach(name);
    writeBytes(this.image(name), this.pvStartBytes(name) + offsetBytes, bytes);
  }

  sha256(name: string): string {
    const hash = createHash('sha256');
    const fd = openSync(this.image(name), 'r');
    try {
      for (let got = readSync(fd, CHUNK); got > 0; got = readSync(fd, CHUNK))
        hash.update(CHUNK.subarray(0, got));
    } finally {
      closeSync(fd);
    }
    return hash.digest('hex');
  }

  /** The sha256 of every disk that is there. */
  fingerprint(): Record<string, string> {
    return Object.fromEntries(this.present().map((name) => [name, this.sha256(name)]));
  }

  /** Files of the guest's /etc/lvm/backup or archive that are about this VG, oldest first. */
  files(folder: 'backup' | 'archive', vg: string): string[] {
    const at = join(this.lvmDir, folder);
    return readdirSync(at)
      .filter((file) => file === vg || file.startsWith(`${vg}_`))
      .sort()
      .map((file) => join(at, file));
  }

  forgetFiles(folder: 'backup' | 'archive', vg: string): void {
    for (const file of this.files(folder, vg)) rmSync(file);
  }

  /** Keeps a disk's bytes from its PV's start on, to put them back later: a disk restored from an older backup. */
  snapshot(name: string): string {
    const kept = join(this.dir, `${name}.${Math.random().toString(36).slice(2)}`);
    copyFileSync(this.image(name), kept);
    return kept;
  }

  dispose(): void {
    this.detach();
    removeFolder(this.dir);
  }
}
