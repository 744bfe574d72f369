/** A program header of a 64-bit little-endian ELF file, as elf(5) describes it. */
interface Segment {
  readonly type: number;
  readonly offsetBytes: number;
  readonly address: bigint;
}

const load = 1;

/** The segments that are loaded, in the headers' order. */
export function loadSegments(program: Buffer): Segment[] {
  const { tableBytes, entryBytes, entryCount } = programHeaders(program);
  return Array.from({ length: entryCount }, (_, i) => {
    const headerBytes = tableBytes + i * entryBytes;
    return {
      type: program.readUInt32LE(headerBytes),
      offsetBytes: Number(program.readBigUInt64LE(headerBytes + 8)),
      address: program.readBigUInt64LE(headerBytes + 16),
    };
  }).filter(({ type }) => type === load);
}

/** Where the table of program headers stands. */
export function programHeaders(program: Buffer) {
  return {
    tableBytes: Number(program.readBigUInt64LE(0x20)),
    entryBytes: program.readUInt16LE(0x36),
    entryCount: program.readUInt16LE(0x38),
  };
}

/** @throws when a kernel with pages of this size could not load it */
export function requireLoadable(program: Buffer, pageBytes: number): void {
  for (const { offsetBytes, address } of loadSegments(program)) {
    if ((address - BigInt(offsetBytes)) % BigInt(pageBytes) !== 0n)
      throw new Error(
        `the segment at offset ${offsetBytes} cannot be loaded with pages of ${pageBytes} bytes`,
      );
  }
}
