import { describe, expect, it } from 'vitest';
import { bytesReader, slice } from '../../../src/model/block-reader.ts';
import { readExt } from '../../../src/ondisk/superblocks/ext.ts';
import { bytesOf, emptyImage, guarded, haveTools, imageReader, KIB, MIB, run } from '../images.ts';
import { expectAsBlkid, landmarksStanding, onlySignature } from './expectations.ts';

const GIB = 1024 * MIB;

function mke2fs(sizeBytes: number, options: string): string {
  const path = emptyImage(sizeBytes);
  run('mke2fs', ['-q', '-F', ...options.split(' '), path]);
  return path;
}

describe.skipIf(!haveTools('mke2fs'))('an ext filesystem', () => {
  it.each([
    ['ext2', '-t ext2 -b 1024', 5],
    ['ext2', '-t ext2 -b 1024 -r 0', 24],
    ['ext3', '-t ext3 -b 2048', 3],
    ['ext4', '-t ext4 -b 1024', 5],
    ['ext4', '-t ext4 -b 4096', 1],
    ['ext4', '-t ext4 -b 1024 -O bigalloc', 1],
    ['ext4', '-t ext4 -b 1024 -O sparse_super2', 2],
    ['ext4', '-t ext4 -b 1024 -O meta_bg,^resize_inode', 5],
    ['ext4', '-t ext4 -b 4096 -I 256 -O ^64bit,metadata_csum', 1],
    ['ext4', '-t ext4 -b 1024 -O ^sparse_super,^resize_inode', 24],
  ])('%s made with %s is live, clean, and all its %i landmarks stand', (type, options, landmarkCount) => {
    const path = mke2fs(200 * MIB, `${options} -L root -M /srv/data`);
    const reader = imageReader(path);
    const found = onlySignature(reader);
    expect(found).toMatchObject({
      type,
      offsetBytes: 1024,
      label: 'root',
      spanBytes: 200 * MIB,
      clean: true,
      lastMountedOn: '/srv/data',
      live: true,
      problems: [],
    });
    expect(found.landmarks).toHaveLength(landmarkCount);
    expect(landmarksStanding(found, reader)).toBe(landmarkCount);
    expectAsBlkid(found, path);
  });

  it('of 20 GiB has landmarks up to its last backups', () => {
    const reader = imageReader(mke2fs(20 * GIB, '-t ext4 -b 4096 -N 2000'));
    const found = onlySignature(reader);
    expect(found.landmarks).toHaveLength(10);
    expect(found.landmarks.at(-1)?.offsetBytes).toBe(125 * 128 * MIB + 104);
    expect(landmarksStanding(found, reader)).toBe(10);
  });

  it('has no landmark standing when its second disk is another', () => {
    const reader = imageReader(mke2fs(200 * MIB, '-t ext4 -b 4096'));
    const other = imageReader(mke2fs(200 * MIB, '-t ext4 -b 4096'));
    expect(landmarksStanding(onlySignature(reader), other)).toBe(0);
  });

  it('is not clean when its journal must be replayed', () => {
    const path = mke2fs(16 * MIB, '-t ext4 -O ^metadata_csum');
    const bytes = bytesOf(path);
    bytes[1024 + 96] = (bytes[1024 + 96] ?? 0) | 4;
    expect(onlySignature(bytesReader(bytes)).clean).toBe(false);
  });

  it('with a changed superblock shows that its checksum is wrong', () => {
    const bytes = bytesOf(mke2fs(16 * MIB, '-t ext4 -O metadata_csum'));
    bytes[1024 + 120] = 0x58;
    expect(onlySignature(bytesReader(bytes)).problems).toEqual([
      expect.objectContaining({ code: 'ext-checksum', offsetBytes: 2044 }),
    ]);
  });

  it.each([
    ['group descriptors', 4 * KIB, 4 * KIB],
    ['inode table', 5 * KIB, 4 * MIB],
  ])('is not live when its %s are overwritten', (_, from, to) => {
    const bytes = bytesOf(mke2fs(16 * MIB, '-t ext4 -b 4096'));
    expect(onlySignature(bytesReader(bytes.fill(0, from, from + to))).live).toBe(false);
  });

  it('in a truncated image is still live, and says what is missing', () => {
    const whole = imageReader(mke2fs(200 * MIB, '-t ext4 -b 4096'));
    const found = onlySignature(slice(whole, 0, 100 * MIB));
    expect(found).toMatchObject({ live: true, spanBytes: 200 * MIB });
    expect(found.problems.map(({ code }) => code)).toEqual(['span-exceeds-region']);
    expect(landmarksStanding(found, whole)).toBe(1);
  });

  it("that is another's backup superblock is told from one that begins here", () => {
    const whole = imageReader(mke2fs(200 * MIB, '-t ext4 -b 4096'));
    const found = readExt(slice(whole, 128 * MIB - 1024, 64 * MIB));
    expect(found).toMatchObject({ live: false, landmarks: [] });
    expect(found?.problems.map(({ code }) => code)).toEqual(['ext-backup-copy']);
  });

  it('that is an external journal is named so', () => {
    const found = onlySignature(imageReader(mke2fs(16 * MIB, '-O journal_dev -b 1024')));
    expect(found).toMatchObject({ type: 'jbd', clean: null, live: false, landmarks: [] });
  });

  it('is recognised with few bytes read', () => {
    const { reader, counted } = guarded(imageReader(mke2fs(200 * MIB, '-t ext4')));
    onlySignature(reader);
    expect(counted.bytesRead).toBeLessThan(64 * KIB);
  });
});

it('two bytes of magic alone are no ext filesystem', () => {
  const bytes = new Uint8Array(MIB);
  bytes.set([0x53, 0xef], 1024 + 56);
  expect(readExt(bytesReader(bytes))).toBeNull();
});
