import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/**
 * A small reader and editor of LVM's on-disk bytes that shares nothing with the product, so that
 * the lab can contradict it. It expects well-formed disks: it is for checks and for careful damage.
 */
export interface MdaOnDisk {
  /** From the start of the image. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly ignored: boolean;
  /** The committed text without its closing NUL; null when the area is empty or unreadable. */
  readonly text: string | null;
  /** Where the committed text starts, from the start of the image. */
  readonly textOffsetBytes: number;
  readonly headerGood: boolean;
  readonly crcGood: boolean;
}

export interface PvOnImage {
  readonly uuid: string;
  /** Of the label sector, from the start of the image. */
  readonly labelOffsetBytes: number;
  readonly labelGood: boolean;
  readonly extensionFlags: number;
  readonly mdas: readonly MdaOnDisk[];
}

const INITIAL_CRC = 0xf597a6cf;
const MDA_MAGIC = Buffer.from(' LVM2 x[5A%r0N*>', 'latin1');
const TABLE = new Uint32Array(256).map((_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** lvm's CRC (`lib/misc/crc.c`): CRC-32 with a start value of its own and no final xor. */
function lvmCrc(bytes: Uint8Array): number {
  let crc = INITIAL_CRC;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return crc >>> 0;
}

/** `lengthBytes` bytes of a file; fewer at its end. */
export function readBytes(path: string, offsetBytes: number, lengthBytes: number): Buffer {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(lengthBytes);
    return buffer.subarray(0, readSync(fd, buffer, 0, lengthBytes, offsetBytes));
  } finally {
    closeSync(fd);
  }
}

export function writeBytes(path: string, offsetBytes: number, bytes: Uint8Array): void {
  const fd = openSync(path, 'r+');
  try {
    if (offsetBytes + bytes.length > fstatSync(fd).size) throw new Error(`${path}: past the end`);
    writeSync(fd, bytes, 0, bytes.length, offsetBytes);
  } finally {
    closeSync(fd);
  }
}

/** The PV at `startBytes` of an image (a partition's start, else 0), or null when no label says so. */
export function readPv(path: string, startBytes = 0): PvOnImage | null {
  const head = readBytes(path, startBytes, 2048);
  for (let sector = 0; sector < 4; sector++) {
    const label = head.subarray(sector * 512, sector * 512 + 512);
    if (label.toString('latin1', 0, 8) !== 'LABELONE') continue;
    const headerAt = label.readUInt32LE(20);
    const raw = label.toString('latin1', headerAt, headerAt + 32);
    const areas: { offset: number; size: number }[][] = [];
    let at = headerAt + 40;
    for (let list = 0; list < 2; list++) {
      const found: { offset: number; size: number }[] = [];
      for (; label.readBigUInt64LE(at) !== 0n; at += 16) {
        found.push({
          offset: Number(label.readBigUInt64LE(at)),
          size: Number(label.readBigUInt64LE(at + 8)),
        });
      }
      at += 16;
      areas.push(found);
    }
    const extended = at + 8 <= 512 && label.readUInt32LE(at) > 0;
    return {
      uuid: dashed(raw),
      labelOffsetBytes: startBytes + sector * 512,
      labelGood: label.readUInt32LE(16) === lvmCrc(label.subarray(20)),
      extensionFlags: extended ? label.readUInt32LE(at + 4) : 0,
      mdas: (areas[1] ?? []).map((mda) => readMda(path, startBytes + mda.offset, mda.size)),
    };
  }
  return null;
}

function readMda(path: string, offsetBytes: number, sizeBytes: number): MdaOnDisk {
  const area = readBytes(path, offsetBytes, sizeBytes);
  const headerGood =
    area.subarray(4, 20).equals(MDA_MAGIC) && area.readUInt32LE(0) === lvmCrc(area.subarray(4, 512));
  const at = Number(area.readBigUInt64LE(40));
  const size = Number(area.readBigUInt64LE(48));
  const base = {
    offsetBytes,
    sizeBytes,
    headerGood,
    ignored: (area.readUInt32LE(60) & 1) === 1,
    textOffsetBytes: offsetBytes + at,
  };
  if (size === 0 || at < 512 || at >= sizeBytes || size > sizeBytes)
    return { ...base, text: null, crcGood: false };
  const tail = Math.max(0, at + size - sizeBytes);
  const bytes = Buffer.concat([area.subarray(at, at + size - tail), area.subarray(512, 512 + tail)]);
  return {
    ...base,
    text: bytes.toString('utf8', 0, bytes.length - 1),
    crcGood: area.readUInt32LE(56) === lvmCrc(bytes),
  };
}

/** Puts another text in the place of the committed one, with lvm's own CRCs, so that nothing but its content is odd. */
export function replaceText(path: string, mda: MdaOnDisk, text: string): void {
  const bytes = Buffer.from(`${text}\0`, 'utf8');
  if (mda.textOffsetBytes + bytes.length > mda.offsetBytes + mda.sizeBytes)
    throw new Error(`${path}: ring would wrap`);
  writeBytes(path, mda.textOffsetBytes, bytes);
  const header = readBytes(path, mda.offsetBytes, 512);
  header.writeBigUInt64LE(BigInt(bytes.length), 48);
  header.writeUInt32LE(lvmCrc(bytes), 56);
  header.writeUInt32LE(lvmCrc(header.subarray(4)), 0);
  writeBytes(path, mda.offsetBytes, header);
}

/**
 * Exchanges strings of equal length everywhere in a metadata area (all generations of its ring) and
 * renews the CRCs: how VGs and LVs get fixed ids, for which lvm has no option.
 */
export function exchangeInArea(path: string, mda: MdaOnDisk, exchanges: ReadonlyMap<string, string>): void {
  const area = readBytes(path, mda.offsetBytes, mda.sizeBytes);
  exchangeAll(area.subarray(512), exchanges);
  writeBytes(path, mda.offsetBytes, area);
  const again = readMda(path, mda.offsetBytes, mda.sizeBytes);
  if (again.text !== null) replaceText(path, again, again.text);
}

/** The same in a buffer, in place. */
export function exchangeAll(bytes: Buffer, exchanges: ReadonlyMap<string, string>): void {
  for (const [from, to] of exchanges) {
    if (from.length !== to.length) throw new Error(`${from}: lengths differ`);
    for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + from.length))
      bytes.write(to, at, 'latin1');
  }
}

/** `6-4-4-4-4-4-6`, as lvm prints ids. */
function dashed(raw: string): string {
  return raw.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/, '$1-$2-$3-$4-$5-$6-$7');
}

/** A readable id that is always the same for the same name: `VGvm1x-0000-…`. */
export function fixedId(kind: 'PV' | 'VG' | 'LV', name: string): string {
  const text = `${kind}${name.replace(/[^A-Za-z0-9]/g, '')}`;
  return dashed(text.slice(0, 26).padEnd(32, 'x'));
}
