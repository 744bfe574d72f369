import { describe, expect, it } from 'vitest';
import { type BlockReader, bytesReader } from '../../../src/model/block-reader.ts';
import { readSignatures } from '../../../src/ondisk/superblocks/read-signatures.ts';
import { emptyImage, guarded, haveTools, imageReader, KIB, MIB, run, sparseReader } from '../images.ts';
import { craftGpt, writeMbr } from '../partition-tables/craft-tables.ts';
import { craftMd0, craftMd1 } from './craft-md.ts';
import { expectAsBlkid, landmarksStanding, onlySignature } from './expectations.ts';

const types = (reader: BlockReader) => readSignatures(reader).signatures.map(({ type }) => type);

describe.skipIf(!haveTools('mkswap'))('swap', () => {
  it.each([4, 8, 16, 32, 64])('with pages of %i KiB is recognised', (pageKib) => {
    const path = emptyImage(4 * MIB);
    run('mkswap', ['-L', 'swap0', '-p', String(pageKib * KIB), path]);
    const found = onlySignature(imageReader(path));
    const expected = {
      type: 'swap',
      offsetBytes: pageKib * KIB - 10,
      spanBytes: 4 * MIB,
      clean: null,
      live: false,
    };
    expect(found).toMatchObject(expected);
    if (pageKib === 4) expectAsBlkid(found, path);
  });
});

it('swap that holds a hibernated system is named so', () => {
  const bytes = new Uint8Array(MIB);
  bytes.set(Buffer.from('S1SUSPEND\0'), 4086);
  bytes[1024] = 1;
  expect(types(bytesReader(bytes))).toEqual(['swsuspend']);
});

describe.skipIf(!haveTools('cryptsetup'))('LUKS', () => {
  it.each([
    ['luks1', 0],
    ['luks2', 1],
  ])('%s is live with %i landmarks', (version, landmarkCount) => {
    const path = emptyImage(20 * MIB);
    const cheap = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000'];
    run('cryptsetup', ['luksFormat', '-q', '--type', version, ...cheap, path, '-'], 'secret');
    const reader = imageReader(path);
    const found = onlySignature(reader);
    expect(found).toMatchObject({
      type: 'crypto_LUKS',
      offsetBytes: 0,
      spanBytes: null,
      live: true,
      problems: [],
    });
    expect(landmarksStanding(found, reader)).toBe(landmarkCount);
    expectAsBlkid(found, path);
  });
});

describe('a member of an md array', () => {
  const size = 20 * MIB + 12 * KIB;
  const uuid = '01020304-0506-0708-090a-0b0c0d0e0f10';

  it.each([
    ['1.0', 20 * MIB + 4 * KIB, 0, 19 * MIB],
    ['1.1', 0, MIB, 18 * MIB],
    ['1.2', 4 * KIB, MIB, 18 * MIB],
  ])('with metadata %s is live', (_, at, dataOffset, dataBytes) => {
    const found = onlySignature(sparseReader(size, [{ at, bytes: craftMd1(at, dataOffset, dataBytes) }]));
    expect(found).toMatchObject({
      type: 'linux_raid_member',
      offsetBytes: at,
      uuid,
      label: 'host:array',
      spanBytes: Math.max(dataOffset + dataBytes, at + 4 * KIB),
      live: true,
      problems: [],
    });
  });

  it('with metadata 0.90 is live', () => {
    const at = 20 * MIB - 64 * KIB;
    const found = onlySignature(sparseReader(size, [{ at, bytes: craftMd0(16 * MIB) }]));
    expect(found).toMatchObject({
      offsetBytes: at,
      uuid,
      label: null,
      spanBytes: 16 * MIB,
      live: true,
      problems: [],
    });
  });

  it('with a changed superblock is not live', () => {
    const bytes = craftMd1(4 * KIB, MIB, 18 * MIB).fill(0x58, 32, 33);
    const found = onlySignature(sparseReader(size, [{ at: 4 * KIB, bytes }]));
    expect(found).toMatchObject({ live: false, problems: [{ code: 'md-checksum' }] });
  });
});

describe('a partition table', () => {
  const gpt = () => craftGpt(4 * MIB, 512, [{ firstSector: 2048, lastSector: 6000 }]);
  const mbr = () => {
    const disk = Buffer.alloc(4 * MIB);
    disk.writeUInt32LE(0x1234abcd, 440);
    writeMbr(disk, 0, [{ type: 0x8e, start: 2048, count: 4000 }]);
    return disk;
  };

  it('whose partitions are blank is not live', () => {
    expect(onlySignature(bytesReader(gpt()))).toMatchObject({ type: 'gpt', offsetBytes: 512, live: false });
    expect(onlySignature(bytesReader(mbr()))).toMatchObject({ type: 'mbr', uuid: '1234abcd', live: false });
  });

  it.each([
    ['LVM label in any of the first four sectors', MIB + 3 * 512, 'LABELONE'],
    ['swap', MIB + 4086, 'SWAPSPACE2'],
    ['Btrfs', MIB + 64 * KIB + 64, '_BHRfS_M'],
  ])('is live with a partition that holds: %s', (_, at, magic) => {
    for (const disk of [gpt(), mbr()]) {
      disk.write(magic, at, 'latin1');
      expect(onlySignature(bytesReader(disk)).live).toBe(true);
    }
  });

  it('is live with an NTFS partition, which is not named itself', () => {
    const disk = gpt();
    disk.write('NTFS    ', MIB + 3);
    disk.writeUInt16BE(0x55aa, MIB + 510);
    expect(onlySignature(bytesReader(disk)).live).toBe(true);
  });

  it('of which only the backup at the end is left is not live', () => {
    const disk = gpt().fill(0, 0, 34 * 512);
    disk.write('SWAPSPACE2', MIB + 4086);
    const found = onlySignature(bytesReader(disk));
    expect(found).toMatchObject({ type: 'gpt', offsetBytes: 4 * MIB - 512, live: false });
    expect(found.problems[0]).toMatchObject({ code: 'gpt-primary-bad' });
  });
});

describe.skipIf(!haveTools('mke2fs', 'mkfs.xfs', 'mkfs.btrfs'))('what is made over something older', () => {
  it('is the one that is live', () => {
    const path = emptyImage(320 * MIB);
    run('mke2fs', ['-q', '-F', '-t', 'ext4', path]);
    run('mkfs.xfs', ['-q', '-f', path]);
    expect(onlySignature(imageReader(path))).toMatchObject({ type: 'xfs', live: true });
    run('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '4096', path]);
    expect(onlySignature(imageReader(path))).toMatchObject({ type: 'ext4', live: true });
  });

  it('stands beside an older one that it did not overwrite', () => {
    const path = emptyImage(320 * MIB);
    run('mkfs.btrfs', ['-q', path]);
    const lazy = ['-O', '^resize_inode', '-E', 'nodiscard,lazy_itable_init=1'];
    run('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '4096', ...lazy, path]);
    const { signatures } = readSignatures(imageReader(path));
    expect(signatures).toMatchObject([
      { type: 'ext4', live: true, problems: [] },
      { type: 'btrfs', problems: [] },
    ]);
  });
});

describe('a region', () => {
  it('that is blank, tiny or empty has no signatures', () => {
    for (const sizeBytes of [0, 1, 511, 4096, 64 * KIB, 64 * MIB]) {
      expect(readSignatures(sparseReader(sizeBytes, []))).toEqual({ signatures: [], problems: [] });
    }
  });

  it('that cannot be read says where, once for each place', () => {
    const refusing: BlockReader = {
      sizeBytes: 4 * MIB,
      read: (offsetBytes) => ({ ok: false, error: { code: 'EIO', offsetBytes } }),
    };
    const { signatures, problems } = readSignatures(refusing);
    expect(signatures).toEqual([]);
    expect(problems).toContainEqual(
      expect.objectContaining({ code: 'read-failed', offsetBytes: 0, found: 'EIO' }),
    );
    expect(new Set(problems.map(({ offsetBytes }) => offsetBytes)).size).toBe(problems.length);
  });

  it('is examined with few bytes read', () => {
    const { reader, counted } = guarded(sparseReader(1024 ** 4, []));
    readSignatures(reader);
    expect(counted.bytesRead).toBeLessThan(64 * KIB);
  });
});
