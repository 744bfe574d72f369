import { expect } from 'vitest';
import type { BlockReader } from '../../../src/model/block-reader.ts';
import type { Signature } from '../../../src/model/survey.ts';
import { readSignatures } from '../../../src/ondisk/superblocks/read-signatures.ts';
import { haveTools, run } from '../images.ts';

/** The one signature on a reader. */
export function onlySignature(reader: BlockReader): Signature {
  const { signatures, problems } = readSignatures(reader);
  expect(problems).toEqual([]);
  expect(signatures).toHaveLength(1);
  return signatures[0] as Signature;
}

/** How many of a signature's landmarks stand. */
export function landmarksStanding({ landmarks }: Signature, reader: BlockReader): number {
  return landmarks.filter(({ offsetBytes, bytes }) => {
    const read = reader.read(offsetBytes, bytes.length);
    return read.ok && Buffer.from(bytes).equals(read.value);
  }).length;
}

/** Type, UUID and label are those that blkid finds, where there is a blkid. */
export function expectAsBlkid({ type, uuid, label }: Signature, path: string): void {
  if (!haveTools('blkid')) return;
  const lines = run('blkid', ['-p', '-o', 'export', path]).trim().split('\n');
  const said = Object.fromEntries(lines.map((line) => line.split('=') as [string, string]));
  const shown = { type, uuid, label };
  expect(shown).toEqual({ type: said.TYPE, uuid: said.UUID ?? null, label: said.LABEL ?? null });
}

/** The same bytes with two equal stretches, each `lengthBytes` long, in each other's place: disks swapped. */
export function swapped(reader: BlockReader, lengthBytes: number): BlockReader {
  return {
    sizeBytes: reader.sizeBytes,
    read: (offsetBytes, wanted) => {
      const first = offsetBytes < lengthBytes;
      const end = first ? lengthBytes : 2 * lengthBytes;
      const moved = first ? offsetBytes + lengthBytes : offsetBytes - lengthBytes;
      return reader.read(moved, Math.min(wanted, end - offsetBytes));
    },
  };
}
