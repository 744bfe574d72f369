import type { ConfigTree } from './config-tree.ts';

/** One generation of a volume group's metadata, as read from a text. Sizes in 512-byte sectors or in extents, as lvm writes them. */
export interface VgMetadata {
  readonly name: string;
  /** 38 characters with dashes, as lvm prints it. */
  readonly uuid: string;
  readonly seqno: number;
  readonly status: readonly string[];
  readonly flags: readonly string[];
  readonly tags: readonly string[];
  readonly extentSizeSectors: number;
  readonly systemId: string | null;
  readonly lockType: string | null;
  readonly pvs: readonly PvSection[];
  readonly lvs: readonly LvSection[];
  readonly description: string;
  readonly creationHost: string;
  /** Seconds since 1970. */
  readonly creationTime: number;
  /** The whole text as a tree: what a changed text is made from. */
  readonly tree: ConfigTree;
}

export interface PvSection {
  /** Name inside the text: `pv0`. */
  readonly name: string;
  readonly uuid: string;
  /** The device path lvm saw last; a hint only. */
  readonly deviceHint: string;
  readonly status: readonly string[];
  readonly flags: readonly string[];
  /** Size of the device when last written; null in texts so old that they lack it. */
  readonly devSizeSectors: number | null;
  readonly peStartSectors: number;
  readonly peCount: number;
}

export interface LvSection {
  readonly name: string;
  readonly uuid: string;
  readonly status: readonly string[];
  readonly flags: readonly string[];
  readonly tags: readonly string[];
  readonly creationHost: string;
  readonly creationTime: number | null;
  readonly segments: readonly Segment[];
}

export interface Segment {
  readonly startExtent: number;
  readonly extentCount: number;
  /** `striped` (also linear), `mirror`, `raid1`, `thin-pool`, `snapshot`… */
  readonly type: string;
  /** Length of one area on its PV or sub-LV, in extents. */
  readonly areaExtents: number;
  /** Where the segment's data stands: on a PV section or a sub-LV, by their names inside the text. */
  readonly areas: readonly SegmentArea[];
  /** Names of other LVs this segment needs (pool, metadata, origin, cow_store, log…). */
  readonly dependsOn: readonly string[];
  /** True for a snapshot that is being merged back into its origin. */
  readonly isMerging: boolean;
}

export interface SegmentArea {
  readonly on: 'pv' | 'lv';
  readonly name: string;
  readonly startExtent: number;
}
