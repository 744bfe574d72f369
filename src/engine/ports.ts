import type { LvmContext } from '../lvm/command.ts';
import type { BlockReader } from '../model/block-reader.ts';
import type { PlanText } from '../model/plan.ts';
import type { Result } from '../model/result.ts';
import type { Machine, Region } from '../model/survey.ts';

/** What the engine needs of the outside world. `system/` implements it; tests may put anything in its place. */
export interface System {
  readonly source: SurveySource;
  readonly runner: Runner;
  readonly records: RecordFiles;
  readonly clock: () => Date;
  /** Sparse copies of the regions, attached for lvm; or why that cannot be had here. */
  openReplicas(
    regions: readonly Region[],
    texts: readonly PlanText[],
    spansOf: SpansOf,
  ): Promise<Result<ReplicaTarget, string>>;
  /** The disks themselves, for writing. */
  openLive(regions: readonly RegionPlace[]): Promise<Result<LiveTarget, string>>;
  /** The boot that this runs in the middle of; null where there is none to go on with. */
  readonly boot: BootEnvironment | null;
  /** True once the person has asked to stop (Ctrl-C, SIGTERM). */
  stopRequested(): boolean;
}

/** Who made this initramfs, and goes on with the boot when lvmedic is done. */
export type Initramfs = 'dracut-systemd' | 'dracut' | 'initramfs-tools';

/** The initramfs that lvmedic runs in. Nothing here writes to a disk. */
export interface BootEnvironment {
  readonly initramfs: Initramfs;
  readonly kernelCommandLine: string;
  /** For lvm on the machine's own disks, of which it may see `nodes` alone. */
  lvmContext(nodes: readonly string[]): LvmContext;
  /** Returns once udev has made the links of what was activated. */
  settle(): Promise<void>;
  /** The fstab of the root filesystem on `node`, mounted for a moment without replaying its journal. */
  fstabOf(node: string, filesystem: string): Promise<Result<string, string>>;
  /** The running system's lvm activates what is left of this group: it takes an earlier, failed try for done. */
  letAutoactivate(vgName: string): void;
  /** The running system mounts an empty, read-only folder here instead of what its fstab names. */
  standIn(mountPoint: string): Result<void, string>;
  /**
   * Root is mounted read-only, its journal not replayed, no fsck. Gives what takes that back; fails where it cannot be
   * arranged.
   */
  keepRootReadOnly(filesystem: string): Promise<Result<() => void, string>>;
  /** Leaves word for the hooks of the initramfs that boot shall go on. */
  goOn(): void;
  /** Lines that the running system shows once. */
  leaveSummary(lines: readonly string[]): void;
}

/** Where a region is, without what was read there. */
export type RegionPlace = Pick<Region, 'id' | 'device' | 'partition' | 'startBytes' | 'sizeBytes' | 'node'>;

export type SpansOf = (region: Region) => readonly Span[];

/** A run of bytes in a region, from its start. */
export interface Span {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** Where a survey reads: opened once, read-only, closed after it. */
export interface SurveySource {
  open(): Result<OpenSource, SourceError>;
}

export interface SourceError {
  readonly path: string;
  readonly message: string;
}

export interface OpenSource {
  readonly disks: readonly SourceDisk[];
  readonly unread: readonly SourceError[];
  readonly machine: Machine;
  /** lvm's own backup and archive files. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  close(): void;
}

export interface SourceDisk {
  readonly path: string;
  readonly kind: 'block' | 'image';
  readonly sectorBytes: 512 | 4096 | null;
  readonly readOnly: boolean;
  readonly identity: string;
  readonly isLeg: boolean;
  readonly reader: BlockReader;
  /** The kernel's partitions: read through their own nodes, whose cache lvm's writes keep right. */
  readonly partitions: readonly SourcePartition[];
}

export interface SourcePartition {
  readonly startBytes: number;
  readonly node: string;
  readonly isLeg: boolean;
  readonly reader: BlockReader;
}

/** One command, as it went. */
export interface RunResult {
  readonly argv: readonly string[];
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface Runner {
  /** No shell, `LC_ALL=C`, closed stdin, its own session (Ctrl-C does not reach it). */
  run(argv: readonly string[], environment?: Readonly<Record<string, string>>): Promise<RunResult>;
}

/** Where steps are carried out: replicas or live disks. */
export interface Target {
  readonly kind: 'replica' | 'live';
  nodeOf(regionId: string): string;
  pathOf(textId: string): string;
  /** Through the node that lvm writes to. */
  reader(regionId: string): BlockReader;
  writer(regionId: string): BlockWriter;
  lvmContext(nodes: readonly string[]): LvmContext;
  readonly environment: Readonly<Record<string, string>>;
  /** Drops what the kernel remembers of the disks, so that the next read is one of the disks themselves. */
  forgetCached(): Promise<void>;
  release(): Promise<void>;
}

export type ReplicaTarget = Target & { readonly kind: 'replica' };
export type LiveTarget = Target & { readonly kind: 'live' };

/** Handed to apply and undo alone. */
export interface BlockWriter {
  /** Offset in bytes from the start of the region; the message says what the kernel said. */
  write(offsetBytes: number, bytes: Uint8Array): Result<void, string>;
  /** Returns once everything is on stable storage. */
  sync(): Result<void, string>;
}

/** The folder of undo records. Every write is on stable storage when it returns; names are ours, never from disks. */
export interface RecordFiles {
  /** Ids of all records, oldest first. */
  list(): string[];
  /** The folder of a record, for texts that lvm must read. */
  folder(id: string): string;
  write(id: string, name: string, bytes: Uint8Array): void;
  append(id: string, name: string, line: string): void;
  read(id: string, name: string): Uint8Array | null;
  readonly durability: 'stable' | 'volatile';
  /** Why a record could not be kept there at all; null when it can. */
  readonly unusable: string | null;
}

/** What happens while the engine works, for faces and logs. */
export type Progress =
  | { readonly type: 'phase'; readonly phase: Phase; readonly detail: string }
  | {
      readonly type: 'command';
      readonly argv: readonly string[];
      readonly why: string;
      readonly on: 'replica' | 'live';
    }
  | { readonly type: 'ran'; readonly run: RunResult; readonly on: 'replica' | 'live' }
  | {
      readonly type: 'write';
      readonly device: string;
      readonly offsetBytes: number;
      readonly lengthBytes: number;
      readonly why: string;
      readonly on: 'replica' | 'live';
    }
  | { readonly type: 'progress'; readonly phase: Phase; readonly done: number; readonly total: number };

export type Phase = 'survey' | 'rehearse' | 'save-undo' | 'apply' | 'verify' | 'roll-back' | 'undo';
export type Notify = (progress: Progress) => void;
