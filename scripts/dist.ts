/**
 * `npm run dist`: everything that is passed on, in dist/, with its lists of parts, its licences and `SHA256SUMS`.
 *
 * The programs and packages for amd64 and arm64, the archive for boot loaders, and, as root, the rescue image.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { isoBom } from './sbom/iso-bom.ts';

const root = path.resolve(import.meta.dirname, '..');
const dist = path.join(root, 'dist');

interface Step {
  readonly title: string;
  readonly script: string;
  readonly args: readonly string[];
  /** Names in dist/ of what it makes; else its last line names that. */
  readonly makes?: readonly string[];
}

const steps: readonly Step[] = [
  ...(['amd64', 'arm64'] as const).map((arch) => ({
    title: `the program for ${arch}`,
    script: 'build.ts',
    args: ['--arch', arch],
    makes: withDocuments(arch === 'amd64' ? 'lvmedic' : `lvmedic-${arch}`),
  })),
  ...['deb', 'rpm'].flatMap((format) =>
    ['amd64', 'arm64'].map((arch) => ({
      title: `the .${format} for ${arch}`,
      script: 'packages.ts',
      args: [format, '--arch', arch],
    })),
  ),
  { title: 'the archive for boot loaders', script: 'packages.ts', args: ['cpio'] },
];
const isoScript = 'iso.ts';
const isoName = 'lvmedic-rescue';

function withDocuments(name: string): string[] {
  return [name, `${name}.cdx.json`, `${name}.licenses.txt`];
}

async function main(): Promise<void> {
  const startedMs = performance.now();
  const hasIso = fs.existsSync(path.join(import.meta.dirname, isoScript)) && process.getuid?.() === 0;
  const iso = {
    title: 'the rescue image',
    script: isoScript,
    args: [],
    makes: [`${isoName}.iso`, `${isoName}.packages`],
  };
  const all: readonly Step[] = hasIso ? [...steps, iso] : steps;
  const made: string[] = [];
  for (const [index, step] of all.entries()) {
    console.log(`dist: ${index + 1} of ${all.length}, ${step.title}`);
    made.push(...(await carryOut(step)));
  }
  if (hasIso) made.push(writeIsoBom());
  else console.log('dist: without the rescue image, which only root can make');
  writeChecksums(made);
  const stale = fs
    .readdirSync(dist)
    .filter((name) => !/^\.|^README\.md$|^SHA256SUMS$/.test(name) && !made.includes(name));
  if (stale.length > 0) console.log(`dist: left alone, for this run did not make it: ${stale.join(', ')}`);
  const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
  console.log(`dist: ${made.length} files and SHA256SUMS in dist/ (${minutes} min)`);
}

/** Runs a script, shows what it says, and gives the names of what it made. */
async function carryOut({ script, args, makes }: Step): Promise<readonly string[]> {
  const file = path.join(import.meta.dirname, script);
  const child = spawn(process.execPath, [file, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text);
    said += text;
  });
  const status = await new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => resolve(code ?? signal));
  });
  if (status !== 0) throw new Error(`scripts/${script} ${args.join(' ')} ended with ${status}; see above.`);
  const names = makes ?? [path.basename(said.trimEnd().split('\n').at(-1) ?? '')];
  for (const name of names)
    if (!fs.existsSync(path.join(dist, name)))
      throw new Error(`scripts/${script} did not make dist/${name}.`);
  return names;
}

function writeIsoBom(): string {
  const name = `${isoName}.cdx.json`;
  const [list, program] = [`${isoName}.packages`, 'lvmedic.cdx.json'].map((file) =>
    fs.readFileSync(path.join(dist, file), 'utf8'),
  );
  fs.writeFileSync(
    path.join(dist, name),
    isoBom(root, path.join(dist, `${isoName}.iso`), list ?? '', program ?? ''),
  );
  return name;
}

/** For `sha256sum --check`, in dist/. */
function writeChecksums(names: readonly string[]): void {
  const lines = [...names].sort().map((name) => {
    const digest = createHash('sha256')
      .update(fs.readFileSync(path.join(dist, name)))
      .digest('hex');
    return `${digest}  ${name}\n`;
  });
  fs.writeFileSync(path.join(dist, 'SHA256SUMS'), lines.join(''));
}

await main();
