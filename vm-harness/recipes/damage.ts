import { rmSync, truncateSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { MIB } from '../lab/host.ts';
import { rememberTags, VG } from '../lab/layouts.ts';
import { type MdaOnDisk, readBytes, replaceText, writeBytes } from '../lab/ondisk.ts';
import { noise } from '../lab/payload.ts';
import type { LabWorld } from '../lab/world.ts';

/** Case A1: a host changes the VG while these disks are away; they come back marked MISSING. */
export function changeWhileAway(world: LabWorld, ...away: string[]): void {
  world.lvm(['vgchange', '--addtag', 'proxy', VG], { without: away });
  rememberTags(world, { without: away });
}

/** Case A2: a host forces the VG to be consistent without these disks: they and all LVs on them are thrown out. */
export function throwOut(world: LabWorld, ...away: string[]): void {
  world.lvm(['vgreduce', '--removemissing', '--force', VG], { without: away });
}

/** Changes nothing but a tag, with all disks there: one more generation. */
export function addTag(world: LabWorld, tag: string): void {
  world.lvm(['vgchange', '--addtag', tag, VG]);
  rememberTags(world);
}

/** Makes a change that this disk misses, as if it came from an older backup than the others. */
export function restoredFromOlderBackup(world: LabWorld, disk: string, change: () => void): void {
  const older = world.snapshot(disk);
  change();
  putBackMetadata(world, disk, older);
}

/** Puts the metadata (label and areas before the data) of an older copy of a disk back; the copy is removed. */
export function putBackMetadata(world: LabWorld, disk: string, copy: string): void {
  const ends = world.pv(disk).mdas.map((mda) => mda.offsetBytes + mda.sizeBytes - world.pvStartBytes(disk));
  const head = Math.min(...ends);
  world.overwrite(disk, 0, readBytes(copy, world.pvStartBytes(disk), head));
  rmSync(copy);
}

/** Inverts one bit of one byte, counted from the start of the PV. */
function flipByte(world: LabWorld, disk: string, offsetBytes: number): void {
  const [byte = 0] = readBytes(world.image(disk), world.pvStartBytes(disk) + offsetBytes, 1);
  world.overwrite(disk, offsetBytes, Uint8Array.of(byte ^ 0x04));
}

/** One bit of the PV id inside the label sector. */
export function flipByteOfUuid(world: LabWorld, disk: string): void {
  flipByte(world, disk, world.pv(disk).labelOffsetBytes - world.pvStartBytes(disk) + 32 + 9);
}

/** Another id in the label, with a right checksum: as vgimportclone leaves it when it ends half-way. */
export function changeLabelId(world: LabWorld, disk: string): void {
  world.detach(disk);
  const { labelOffsetBytes } = world.pv(disk);
  const label = readBytes(world.image(disk), labelOffsetBytes, 512);
  label.write(`new${disk}`.padEnd(32, 'Q'), 32, 'latin1');
  label.writeUInt32LE(lvmCrc(label.subarray(20)), 16);
  writeBytes(world.image(disk), labelOffsetBytes, label);
}

export function zeroLabel(world: LabWorld, disk: string): void {
  world.overwrite(disk, world.pv(disk).labelOffsetBytes - world.pvStartBytes(disk), Buffer.alloc(512));
}

export function zero(world: LabWorld, disk: string, lengthBytes: number = MIB): void {
  world.overwrite(disk, 0, Buffer.alloc(lengthBytes));
}

function mdaOf(world: LabWorld, disk: string, index: number): MdaOnDisk {
  world.detach(disk);
  const mda = world.pv(disk).mdas[index];
  if (mda === undefined) throw new Error(`${disk} has no metadata area ${index}`);
  return mda;
}

/** One bit in the area header: its CRC fails, all else is readable. */
export function flipByteOfMdaHeader(world: LabWorld, disk: string, index = 0): void {
  flipByte(world, disk, mdaOf(world, disk, index).offsetBytes - world.pvStartBytes(disk) + 41);
}

export function zeroMdaHeader(world: LabWorld, disk: string, index = 0): void {
  writeBytes(world.image(disk), mdaOf(world, disk, index).offsetBytes, Buffer.alloc(512));
}

/** One bit of the committed text, at this place of it. */
export function flipByteOfText(world: LabWorld, disk: string, at: number): void {
  flipByte(world, disk, mdaOf(world, disk, 0).textOffsetBytes - world.pvStartBytes(disk) + at);
}

/** More of the committed text than anyone can guess. */
export function garbleText(world: LabWorld, disk: string, index = 0): void {
  const mda = mdaOf(world, disk, index);
  writeBytes(world.image(disk), mda.textOffsetBytes + 150, noise(`garble ${disk}`, 300));
}

/** Every text in the area, committed or older; its header stays. */
export function wipeRing(world: LabWorld, disk: string, index = 0): void {
  const mda = mdaOf(world, disk, index);
  writeBytes(world.image(disk), mda.offsetBytes + 512, Buffer.alloc(mda.sizeBytes - 512));
}

/** Rewrites the committed text with good CRCs: states that this lvm cannot be brought to write itself. */
export function editText(world: LabWorld, disk: string, edit: (text: string) => string): void {
  const mda = mdaOf(world, disk, 0);
  if (mda.text === null) throw new Error(`${disk}: no text`);
  const text = edit(mda.text);
  if (text === mda.text) throw new Error(`${disk}: the edit changed nothing`);
  replaceText(world.image(disk), mda, text);
}

/** Zeroes every text in the ring but the committed one. */
export function wipeOlderTexts(world: LabWorld, disk: string): void {
  const mda = mdaOf(world, disk, 0);
  if (mda.text === null) {
    wipeRing(world, disk);
    return;
  }
  const kept = Buffer.byteLength(mda.text) + 1;
  const ring = readBytes(world.image(disk), mda.offsetBytes, mda.sizeBytes);
  const at = mda.textOffsetBytes - mda.offsetBytes;
  ring.fill(0, 512, at);
  ring.fill(0, at + kept);
  writeBytes(world.image(disk), mda.offsetBytes, ring);
}

/** A disk of this size, whose label, with a right checksum, claims nearly all of it for its first metadata area. */
export function claimWholeDisk(world: LabWorld, disk: string, sizeMiB: number): void {
  world.detach(disk);
  const image = world.image(disk);
  const { labelOffsetBytes, mdas } = world.pv(disk);
  const [mda] = mdas;
  const label = readBytes(image, labelOffsetBytes, 512);
  const place = Buffer.alloc(16);
  place.writeBigUInt64LE(BigInt((mda?.offsetBytes ?? 0) - world.pvStartBytes(disk)));
  place.writeBigUInt64LE(BigInt(mda?.sizeBytes ?? 0), 8);
  const at = label.indexOf(place);
  if (at < 0) throw new Error(`${disk}: its label does not name its area`);
  label.writeBigUInt64LE(BigInt(sizeMiB * MIB - 2 * MIB), at + 8);
  label.writeUInt32LE(lvmCrc(label.subarray(20)), 16);
  truncateSync(image, sizeMiB * MIB);
  writeBytes(image, labelOffsetBytes, label);
}

/** lvm's CRC is the usual one from another start, without the final inversion (`lib/misc/crc.c`). */
const lvmCrc = (bytes: Uint8Array): number => ~crc32(bytes, ~0xf597a6cf >>> 0) >>> 0;
