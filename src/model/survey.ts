import type { VgMetadata } from './metadata.ts';
import type { Problem } from './problem.ts';

/** Everything that was read, once, before anything is judged. Plain data: a fixture can be written to a file. */
export interface Survey {
  readonly disks: readonly Disk[];
  /** Disks of this machine that could not be opened: what stands on them is not known. */
  readonly unread: readonly { readonly path: string; readonly message: string }[];
  /** Metadata texts in lvm's backup and archive folders. */
  readonly files: readonly MetadataText[];
  /** What the content of the disks says to each guess at which PV an unlabelled region is. */
  readonly hypotheses: readonly Hypothesis[];
  /** Filesystems on LVs, which a boot may name by UUID or label; only looked for in an initramfs. */
  readonly lvFilesystems: readonly LvFilesystem[];
  readonly machine: Machine;
}

/** Every region of every disk, also of those that are legs of another device. */
export const allRegions = (survey: Survey): Region[] => survey.disks.flatMap((disk) => disk.regions);

/** Regions where a PV of its own can be: what stands on a leg of md or multipath is the joined device's. */
export const standaloneRegions = (survey: Survey): Region[] =>
  allRegions(survey).filter((region) => !region.isLeg);

/** What stands at the start of an LV, as the newest committed generation maps it. */
export interface LvFilesystem {
  readonly vg: string;
  readonly lv: string;
  /** `ext4`, `swap`… */
  readonly type: string;
  readonly uuid: string | null;
  readonly label: string | null;
}

/** The guess "this region is that PV of this text", weighed against the bytes that stand there. */
export interface Hypothesis {
  readonly textDigest: string;
  readonly pvUuid: string;
  readonly regionId: string;
  /** Superblocks at LV starts, and backup superblocks further in, that stand where the text puts them. */
  readonly agreements: number;
  /** Those that should and do not, and filesystems that would not fit their LV. */
  readonly contradictions: number;
  /** True when the extents that LVs occupy hold anything but zeros (sampled). */
  readonly dataSeen: boolean;
  /** One of the agreements, to show. */
  readonly example: { readonly offsetBytes: number; readonly found: string } | null;
}

/** What the machine that lvmedic runs on is like. */
export interface Machine {
  /** True when TARGETs were named: then nothing else is read or written. */
  readonly targetsGiven: boolean;
  readonly inInitramfs: boolean;
  readonly deviceMapper: boolean;
  /** With what dracut keeps in /etc, in an initramfs. */
  readonly kernelCommandLine: string;
  /** Of the devices that the kernel command line names, as it names them, those that are there. */
  readonly presentDevices: readonly string[];
  /** Null when no lvm was found. */
  readonly lvm: LvmTool | null;
  /** Active LVs by what the kernel says: `LVM-` device-mapper ids. */
  readonly activeLvs: readonly ActiveLv[];
  /** A PV cache of lvm's own must be told of changes: lvmetad (2.02) or event activation (2.03). */
  readonly pvCache: boolean;
}

export interface LvmTool {
  readonly path: string;
  /** `2.03.16`; compared with `lvm/version.ts`. */
  readonly version: string;
}

export interface ActiveLv {
  readonly vgUuid: string;
  readonly lvUuid: string;
  /** What stands below the LV and bears its id (`real`, `missing_0_0`); null: the LV itself. */
  readonly layer: string | null;
  /** `/dev/dm-3`. */
  readonly node: string;
  /** `vg0/root`. */
  readonly name: string;
  readonly open: boolean;
  /** What holds it, in words: `mounted on /`, `swap`, `held by dm-4`. */
  readonly heldBy: string | null;
}

/** One TARGET: a block device or an image file. */
export interface Disk {
  /** As named by the user or as found in /dev. */
  readonly path: string;
  readonly kind: 'block' | 'image';
  readonly sizeBytes: number;
  readonly sectorBytes: number;
  readonly readOnly: boolean;
  /** What tells this disk from another later: serial, WWN, inode. */
  readonly identity: string;
  readonly table: PartitionTable | null;
  readonly regions: readonly Region[];
  readonly problems: readonly Problem[];
}

export interface PartitionTable {
  readonly kind: 'gpt' | 'mbr';
  readonly partitions: readonly Partition[];
}

export interface Partition {
  readonly number: number;
  readonly startBytes: number;
  readonly sizeBytes: number;
  /** GPT type GUID in upper case, or MBR type as `0x8e`. */
  readonly type: string;
  readonly name: string;
}

/** A place where a PV can be: a whole disk or a partition. All offsets inside it count from its start. */
export interface Region {
  /** Unique in the survey: `/dev/sda`, `/dev/sda#2`. */
  readonly id: string;
  /** The TARGET it is part of. */
  readonly device: string;
  readonly partition: number | null;
  /** From the start of the TARGET. */
  readonly startBytes: number;
  readonly sizeBytes: number;
  /** The node lvm would be given; null when there is none (an image, a partition without a node). */
  readonly node: string | null;
  readonly pv: PvOnDisk;
  /** What else stands here: filesystems, swap, LUKS, md, partition tables. */
  readonly signatures: readonly Signature[];
  /** True when the first MiB holds nothing but zeros. */
  readonly headBlank: boolean;
  /** True when the kernel says that this device is a leg of md or multipath, so its PV is another device's. */
  readonly isLeg: boolean;
  readonly problems: readonly Problem[];
}

/** What of a physical volume could be read in a region; all empty where there is none. */
export interface PvOnDisk {
  /** Every label-like sector among the first four. More than one is possible; lvm takes the first good one. */
  readonly labels: readonly Label[];
  /** The PV header of the first good label, else of the first damaged one. */
  readonly header: PvHeader | null;
  /** Areas that the header names, then areas found by their magic where no header names them. */
  readonly metadataAreas: readonly MetadataArea[];
  /** Texts found outside of every known area (header lost, area header lost). */
  readonly strayTexts: readonly MetadataText[];
}

export interface Label {
  readonly sector: number;
  /** True when id, type, sector number, offset and CRC are all right. */
  readonly good: boolean;
  readonly crcStored: number;
  readonly crcComputed: number;
  readonly problems: readonly Problem[];
}

export interface PvHeader {
  /** Offset from the start of the region. */
  readonly offsetBytes: number;
  readonly uuid: string;
  readonly deviceSizeBytes: number;
  readonly dataAreas: readonly Area[];
  readonly metadataAreas: readonly Area[];
  /** 0: no extension. */
  readonly extensionVersion: number;
  /** Bit 0: in use by a VG (from version 2 on). */
  readonly extensionFlags: number;
  readonly bootloaderAreas: readonly Area[];
  readonly problems: readonly Problem[];
}

/** `sizeBytes` 0 means "to the end of the device" in data areas. */
export interface Area {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

export interface MetadataArea {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** Where we learnt of it. */
  readonly from: 'header' | 'magic';
  /** CRC, magic and version right. */
  readonly headerGood: boolean;
  readonly ignored: boolean;
  readonly slots: readonly RawLocation[];
  /** The text that slot 0 points at; null when the area is empty (slot size 0) or its header bad. */
  readonly committed: CommittedText | null;
  /** Other texts in the ring, newest seqno first, without the committed one. */
  readonly olderTexts: readonly MetadataText[];
  readonly problems: readonly Problem[];
}

export interface RawLocation {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly crc: number;
  readonly flags: number;
}

export interface CommittedText {
  /** CRC right, and it parses to a whole VG. */
  readonly good: boolean;
  readonly crcStored: number;
  readonly crcComputed: number;
  /** Null when it does not parse. With `good` false it is what the damaged bytes say: evidence, never a base. */
  readonly text: MetadataText | null;
  /** When the CRC fails and exactly one change of one byte makes it hold and parse: the text so proven. */
  readonly corrected: { readonly text: MetadataText; readonly offsetBytes: number } | null;
  readonly problems: readonly Problem[];
}

/** A metadata text that parses and names its VG. */
export interface MetadataText {
  readonly source: TextSource;
  readonly sizeBytes: number;
  /** lvm's CRC over the text with its closing NUL; equal texts have equal ones. */
  readonly crc: number;
  /** SHA-256 of the bytes, hex: two texts are the same only by this. */
  readonly digest: string;
  readonly metadata: VgMetadata;
}

export type TextSource =
  | {
      readonly kind: 'disk';
      readonly device: string;
      readonly partition: number | null;
      readonly offsetBytes: number;
    }
  | { readonly kind: 'file'; readonly path: string };

/** A recognised superblock or partition table. */
export interface Signature {
  /** `ext2 ext3 ext4 xfs btrfs swap crypto_LUKS linux_raid_member gpt mbr` (blkid's names). */
  readonly type: string;
  /** Of the superblock, from the start of what was examined. */
  readonly offsetBytes: number;
  readonly uuid: string | null;
  readonly label: string | null;
  /** What the superblock says the filesystem spans; null when it does not say. */
  readonly spanBytes: number | null;
  /** Null where the type has no such thing. */
  readonly clean: boolean | null;
  readonly lastMountedOn: string | null;
  /** True when what belongs to it stands there too (group descriptors and root inode; partitions with content). */
  readonly live: boolean;
  /** Bytes that must stand elsewhere if this superblock's filesystem is mapped right: its backup superblocks. */
  readonly landmarks: readonly Landmark[];
  readonly problems: readonly Problem[];
}

export interface Landmark {
  /** From the start of the filesystem. */
  readonly offsetBytes: number;
  /** Exactly these bytes. */
  readonly bytes: Uint8Array;
}
