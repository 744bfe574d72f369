import fs from 'node:fs';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { cached, sha256 } from './cache.ts';
import { loadSegments, programHeaders } from './elf.ts';

const zstdCompress = promisify(zlib.zstdCompress);
const pageBytes = 4096;

/** One file that the launcher unpacks; `cutsBytes` are the offsets at which a new zstd frame begins. */
export interface PayloadFile {
  readonly name: string;
  readonly content: Buffer;
  readonly cutsBytes: readonly number[];
}

/** A stretch of a payload file, compressed. */
export interface Frame {
  /** Which of the payload files. */
  readonly file: number;
  /** Of the stretch, in the file. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** The file that holds it. */
  readonly packed: string;
}

/**
 * Offsets that separate what pkg changes with every bundle (the ELF header, the program headers, the injected part)
 * from Node's own 109 MB, so that these come out of the cache compressed. Only speed depends on them being right.
 */
export function stableCuts(program: Buffer): number[] {
  const { tableBytes } = programHeaders(program);
  const injectedBytes = Math.max(...loadSegments(program).map(({ offsetBytes }) => offsetBytes));
  const tablePage = tableBytes - (tableBytes % pageBytes);
  return [pageBytes, tablePage, tablePage + pageBytes, injectedBytes];
}

/** The frames of every file in order, each from the cache or compressed anew, those in parallel. */
export function compress(payload: readonly PayloadFile[]): Promise<Frame[]> {
  const stretches = payload.flatMap(({ content, cutsBytes }, file) => {
    const offsets = [...new Set([0, ...cutsBytes])]
      .filter((offset) => offset < content.length)
      .sort((a, b) => a - b);
    return offsets.map((offsetBytes, i) => ({
      file,
      offsetBytes,
      raw: content.subarray(offsetBytes, offsets[i + 1] ?? content.length),
    }));
  });
  return Promise.all(
    stretches.map(async ({ file, offsetBytes, raw }) => {
      const packed = await cached(`frame-19-${sha256(raw)}.zst`, (partial) => writeFrame(partial, raw));
      return { file, offsetBytes, sizeBytes: raw.length, packed };
    }),
  );
}

async function writeFrame(file: string, raw: Buffer): Promise<void> {
  if (raw.length > 1e7) console.log(`build: compressing ${(raw.length / 1e6).toFixed(0)} MB, once …`);
  const {
    ZSTD_c_compressionLevel,
    ZSTD_c_enableLongDistanceMatching,
    ZSTD_c_windowLog,
    ZSTD_c_checksumFlag,
  } = zlib.constants;
  const params = {
    [ZSTD_c_compressionLevel]: 19,
    [ZSTD_c_enableLongDistanceMatching]: 1,
    [ZSTD_c_windowLog]: 27,
    [ZSTD_c_checksumFlag]: 1,
  };
  fs.writeFileSync(file, await zstdCompress(raw, { params }));
}
