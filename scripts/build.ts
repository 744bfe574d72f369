/**
 * Makes one static file: esbuild → pkg (SEA) → zstd frames → launcher. See docs/packaging.md.
 *
 * `node scripts/build.ts [--arch amd64|arm64] [--entry FILE] [--output FILE]`. Without options: the program itself, for
 * amd64, as `dist/lvmedic`; for another processor as `dist/lvmedic-ARCH`. Beside it come its list of parts
 * (`.cdx.json`) and their licences (`.licenses.txt`).
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { amd64Toolchain } from './build/amd64.ts';
import { arm64Toolchain } from './build/arm64.ts';
import { bundleProgram } from './build/bundle.ts';
import { dropOldCacheEntries, fileIdentity, sha256 } from './build/cache.ts';
import type { Contents } from './build/contents.ts';
import { sourceDateEpoch } from './build/epoch.ts';
import { compress, type PayloadFile, stableCuts } from './build/frames.ts';
import { link } from './build/launcher.ts';
import { filesWithoutLicense, licenseTexts } from './build/license-texts.ts';
import { bundledPackages } from './build/notices.ts';
import { singleExecutable, strippedNode } from './build/sea.ts';
import { type Arch, archs, type Toolchain } from './build/toolchain.ts';
import { programBom } from './sbom/program-bom.ts';

const root = path.resolve(import.meta.dirname, '..');
const launcher = path.join(root, 'initramfs/launcher/launcher.c');

interface BuildOptions {
  readonly arch: Arch;
  readonly entry: string | undefined;
  readonly output: string | undefined;
}

/** What the last build of an output was made from, and what it made. */
interface Stamp {
  readonly inputs: string;
  readonly output: string;
  /** Libraries and start files in the launcher, each with its identity: known only after linking. */
  readonly linked: Readonly<Record<string, string>>;
  /** What the documents beside the program depend on more than it does. */
  readonly documents: string;
}

/**
 * Builds the one static file and what belongs beside it. Without a change since the last build of the same output it
 * only checks that.
 *
 * @throws when a tool is missing or fails; a previous output is then left as it was
 */
async function build(options: BuildOptions): Promise<void> {
  const startedMs = performance.now();
  const { arch } = options;
  const entry = path.resolve(root, options.entry ?? 'src/main.ts');
  const output = path.resolve(
    root,
    options.output ?? (arch === 'amd64' ? 'dist/lvmedic' : `dist/lvmedic-${arch}`),
  );
  const stampFile = path.join(path.dirname(output), `.${path.basename(output)}.inputs`);
  fs.mkdirSync(path.dirname(output), { recursive: true });

  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const bundle = await bundleProgram(root, entry, version);
  const packages = bundledPackages(root, bundle.packageFolders);
  const host = amd64Toolchain(root);
  const toolchain = arch === 'amd64' ? host : await arm64Toolchain(root);
  const inputs = sha256(
    JSON.stringify({
      bundle: sha256(bundle.code),
      sources: [...sourcesIn('scripts/build'), import.meta.filename, launcher].map(contentOf),
      binaries: [toolchain.nodeBinary, ...toolchain.libraries].map(fileIdentity),
    }),
  );
  const documentSources = [
    ...sourcesIn('scripts/sbom'),
    path.join(root, 'NOTICE'),
    path.join(root, 'package-lock.json'),
  ];
  const documents = sha256(
    JSON.stringify([sourceDateEpoch(root), version, ...documentSources.map(contentOf)]),
  );

  const last = readStamp(stampFile);
  const isCurrent = last?.inputs === inputs && sameFiles({ ...last.linked, [output]: last.output });
  const linked = isCurrent
    ? Object.keys(last.linked)
    : await makeProgram(bundle.code, toolchain, host, output);
  const beside = { bom: `${output}.cdx.json`, licenses: `${output}.licenses.txt` };
  if (
    !isCurrent ||
    last.documents !== documents ||
    !Object.values(beside).every((file) => fs.existsSync(file))
  ) {
    const libraries = [...toolchain.libraries, ...linked];
    const owners = toolchain.packagesOf(libraries);
    const contents: Contents = { root, version, program: output, toolchain, packages, libraries, owners };
    writeDocuments(contents, beside);
  }
  const identities = Object.fromEntries(linked.map((file) => [file, fileIdentity(file)]));
  const stamp: Stamp = { inputs, output: fileIdentity(output), linked: identities, documents };
  fs.writeFileSync(stampFile, JSON.stringify(stamp));
  dropOldCacheEntries();
  const name = path.relative(root, output);
  const size = `${(fs.statSync(output).size / 1e6).toFixed(1)} MB`;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`build: ${isCurrent ? `${name} is up to date` : `${name}: ${size}`} (${seconds} s)`);
}

/** Returns the libraries and start files in its launcher. */
async function makeProgram(
  code: string,
  toolchain: Toolchain,
  host: Toolchain,
  output: string,
): Promise<string[]> {
  const node = await strippedNode(toolchain);
  const generator = toolchain === host ? node : await strippedNode(host);
  const program = await singleExecutable(code, toolchain.arch, node, generator);
  const payload: PayloadFile[] = [
    ...toolchain.libraries.map((file) => ({
      name: path.basename(file),
      content: fs.readFileSync(file),
      cutsBytes: [],
    })),
    { name: 'lvmedic', content: program, cutsBytes: stableCuts(program) },
  ];
  return link(launcher, await compress(payload), payload, toolchain, output);
}

/** A program without its licences runs as well; only `npm run dist` refuses to pass it on. */
function writeDocuments(
  contents: Contents,
  files: { readonly bom: string; readonly licenses: string },
): void {
  fs.writeFileSync(files.bom, programBom(contents));
  const missing = filesWithoutLicense(contents);
  if (missing.length === 0) {
    fs.writeFileSync(files.licenses, licenseTexts(contents));
  } else {
    fs.rmSync(files.licenses, { force: true });
    console.warn(
      `build: no ${path.basename(files.licenses)}, without which the program must not be passed on: this machine has ` +
        `no package's copyright file for ${missing.join(', ')}`,
    );
  }
}

function sourcesIn(folder: string): string[] {
  return fs
    .readdirSync(path.join(root, folder))
    .sort()
    .map((name) => path.join(root, folder, name));
}

function contentOf(file: string): string {
  return sha256(fs.readFileSync(file));
}

function readStamp(file: string): Stamp | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Stamp;
  } catch {
    return undefined;
  }
}

/** Whether files are still what they were, by their identities. */
function sameFiles(identities: Readonly<Record<string, string>>): boolean {
  return Object.entries(identities).every(
    ([file, identity]) => fs.existsSync(file) && fileIdentity(file) === identity,
  );
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { arch: { type: 'string' }, entry: { type: 'string' }, output: { type: 'string' } },
  });
  const arch = archs.find((each) => each === (values.arch ?? 'amd64'));
  if (arch === undefined) throw new Error(`--arch takes ${archs.join(' or ')}, not ${values.arch}`);
  await build({ arch, entry: values.entry, output: values.output });
}
