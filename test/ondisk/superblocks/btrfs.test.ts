import { describe, expect, it } from 'vitest';
import { slice } from '../../../src/model/block-reader.ts';
import { readBtrfs } from '../../../src/ondisk/superblocks/btrfs.ts';
import { emptyImage, haveTools, imageReader, KIB, MIB, run, sparseReader } from '../images.ts';
import { expectAsBlkid, landmarksStanding, onlySignature } from './expectations.ts';

const SIZE = 128 * MIB;

function mkfsBtrfs(...options: string[]): string {
  const path = emptyImage(SIZE);
  run('mkfs.btrfs', ['-q', '-L', 'home', ...options, path]);
  return path;
}

/** Only the superblock of a filesystem, on an otherwise blank disk. */
function superblockAlone(path: string, change: (superblock: Uint8Array) => void) {
  const read = imageReader(path).read(64 * KIB, 4 * KIB);
  if (!read.ok) throw new Error(read.error.code);
  change(read.value);
  return readBtrfs(sparseReader(SIZE, [{ at: 64 * KIB, bytes: read.value }]));
}

describe.skipIf(!haveTools('mkfs.btrfs'))('a Btrfs filesystem', () => {
  it.each([
    ['the defaults', []],
    ['single metadata', ['-m', 'single']],
    ['xxhash', ['--csum', 'xxhash']],
  ])('with %s is live and clean, and the mirror at 64 MiB is its landmark', (_, options) => {
    const path = mkfsBtrfs(...options);
    const reader = imageReader(path);
    const found = onlySignature(reader);
    expect(found).toMatchObject({
      type: 'btrfs',
      offsetBytes: 64 * KIB,
      spanBytes: SIZE,
      clean: true,
      live: true,
      problems: [],
      landmarks: [{ offsetBytes: 64 * MIB + 32 }],
    });
    expect(landmarksStanding(found, reader)).toBe(1);
    expectAsBlkid(found, path);
  });

  it('of which only the superblock is left is not live', () => {
    expect(superblockAlone(mkfsBtrfs(), () => {})).toMatchObject({ live: false, problems: [] });
  });

  it('with a changed superblock shows that its checksum is wrong', () => {
    const found = superblockAlone(mkfsBtrfs(), (superblock) => superblock.fill(0x58, 299, 300));
    expect(found).toMatchObject({ label: 'Xome', live: false, problems: [{ code: 'btrfs-checksum' }] });
  });

  it('whose mirror is met is told from one that begins here', () => {
    const found = readBtrfs(slice(imageReader(mkfsBtrfs()), 64 * MIB - 64 * KIB, 64 * MIB));
    expect(found).toMatchObject({ live: false, landmarks: [], problems: [{ code: 'btrfs-backup-copy' }] });
  });
});
