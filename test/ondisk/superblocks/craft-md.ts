/** Member superblock of a two-disk RAID 1, metadata 1.x, 4096 bytes, to stand at `offsetBytes` of a disk. */
export function craftMd1(offsetBytes: number, dataOffsetBytes: number, dataBytes: number): Buffer {
  const superblock = Buffer.alloc(4096);
  superblock.writeUInt32LE(0xa92b4efc, 0);
  superblock.writeUInt32LE(1, 4);
  for (let at = 0; at < 16; at++) superblock[16 + at] = at + 1;
  superblock.write('host:array', 32);
  superblock.writeUInt32LE(1, 72);
  superblock.writeBigUInt64LE(BigInt(dataBytes / 512), 80);
  superblock.writeUInt32LE(2, 92);
  superblock.writeBigUInt64LE(BigInt(dataOffsetBytes / 512), 128);
  superblock.writeBigUInt64LE(BigInt(dataBytes / 512), 136);
  superblock.writeBigUInt64LE(BigInt(offsetBytes / 512), 144);
  superblock.writeUInt32LE(3, 220);
  superblock.writeUInt16LE(1, 258);
  superblock.writeUInt16LE(0xfffe, 260);
  const words = superblock.subarray(0, 260);
  superblock.writeUInt32LE(foldedSum(words, BigInt(superblock.readUInt16LE(260))), 216);
  return superblock;
}

/** The same array's superblock in metadata 0.90. */
export function craftMd0(componentBytes: number): Buffer {
  const superblock = Buffer.alloc(4096);
  const words = [0xa92b4efc, 0, 90, 3, 0, 0x01020304, 1_700_000_000, 1, componentBytes / 1024, 2, 2];
  words.forEach((word, index) => {
    superblock.writeUInt32LE(word, index * 4);
  });
  [0x05060708, 0x090a0b0c, 0x0d0e0f10].forEach((word, index) => {
    superblock.writeUInt32LE(word, 52 + index * 4);
  });
  superblock.writeUInt32LE(foldedSum(superblock, 0n), 152);
  return superblock;
}

function foldedSum(bytes: Buffer, extra: bigint): number {
  let sum = extra;
  for (let at = 0; at < bytes.length; at += 4) sum += BigInt(bytes.readUInt32LE(at));
  return Number(BigInt.asUintN(32, (sum & 0xffffffffn) + (sum >> 32n)));
}
