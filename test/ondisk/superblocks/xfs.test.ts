import { describe, expect, it } from 'vitest';
import { slice } from '../../../src/model/block-reader.ts';
import { readXfs } from '../../../src/ondisk/superblocks/xfs.ts';
import { emptyImage, haveTools, imageReader, KIB, MIB, run, sparseReader } from '../images.ts';
import { expectAsBlkid, landmarksStanding, onlySignature, swapped } from './expectations.ts';

const SIZE = 320 * MIB;

function mkfsXfs(options: readonly string[] = [], sizeBytes = SIZE): string {
  const path = emptyImage(sizeBytes);
  run('mkfs.xfs', ['-q', '-L', 'data', ...options, path]);
  return path;
}

describe.skipIf(!haveTools('mkfs.xfs'))('an XFS filesystem', () => {
  it.each([
    ['the defaults', [], 3],
    ['two groups', ['-d', 'agcount=2'], 1],
    ['sectors of 4096', ['-s', 'size=4096'], 3],
    ['blocks of 1024', ['-b', 'size=1024'], 3],
    ['version 4', ['-m', 'crc=0', '-i', 'size=256'], 3],
    ['wide inodes', ['-i', 'size=2048'], 3],
  ])('with %s is live, and its landmarks stand', (_, options, otherGroups) => {
    const path = mkfsXfs(options);
    const reader = imageReader(path);
    const found = onlySignature(reader);
    expect(found).toMatchObject({
      type: 'xfs',
      offsetBytes: 0,
      spanBytes: SIZE,
      clean: null,
      lastMountedOn: null,
      live: true,
      problems: [],
    });
    expect(found.landmarks).toHaveLength(3 * otherGroups);
    expect(landmarksStanding(found, reader)).toBe(3 * otherGroups);
    expectAsBlkid(found, path);
  });

  it('with very many groups has at most 64 landmarks, reaching to its end', () => {
    const groupBytes = 128 * MIB;
    const reader = imageReader(mkfsXfs(['-d', 'agcount=100'], 100 * groupBytes));
    const found = onlySignature(reader);
    expect(found.landmarks.length).toBeLessThanOrEqual(64);
    expect(found.landmarks.at(-1)?.offsetBytes).toBeGreaterThanOrEqual(99 * groupBytes);
    expect(landmarksStanding(found, reader)).toBe(found.landmarks.length);
  });

  it('laid over its two disks the wrong way round loses landmarks, though every group has the same UUID', () => {
    const reader = imageReader(mkfsXfs());
    const found = onlySignature(reader);
    expect(landmarksStanding(found, swapped(reader, SIZE / 2))).toBeLessThan(found.landmarks.length);
  });

  it('with a changed superblock shows that its checksum is wrong', () => {
    const head = imageReader(mkfsXfs()).read(0, 4 * KIB);
    if (!head.ok) throw new Error(head.error.code);
    head.value[108] = 0x58;
    const found = readXfs(sparseReader(SIZE, [{ at: 0, bytes: head.value }]));
    expect(found).toMatchObject({ label: 'Xata', live: false });
    expect(found?.problems.map(({ code }) => code)).toEqual(['xfs-checksum']);
  });

  it('in a truncated image says what is missing', () => {
    const found = onlySignature(slice(imageReader(mkfsXfs()), 0, 100 * MIB));
    expect(found).toMatchObject({ live: true, problems: [{ code: 'span-exceeds-region' }] });
  });
});

it('an XFS magic with nonsense behind it is reported as damaged', () => {
  const bytes = Buffer.alloc(4096, 'XFSB');
  const found = readXfs(sparseReader(MIB, [{ at: 0, bytes }]));
  expect(found).toMatchObject({ live: false, spanBytes: null, landmarks: [] });
  expect(found?.problems[0]).toMatchObject({ code: 'xfs-geometry' });
});
