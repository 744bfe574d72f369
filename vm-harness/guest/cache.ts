import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from '../lab/host.ts';

/** A folder of files that took long to make. They are never written to again. */
export interface Cached {
  readonly folder: string;
  /** Other for every build, also of the same key: what is made from this one has it in its key. */
  readonly id: string;
}

interface Manifest {
  readonly id: string;
  readonly files: Readonly<Record<string, { readonly sizeBytes: number; readonly modified: number }>>;
}

/** What must be kept of one name: other work trees may use other versions of the harness at the same time. */
const KEPT_PER_NAME = 3;
const MANIFEST = 'manifest.json';
const BUILDING = 'building-';

/** `${XDG_CACHE_HOME:-~/.cache}/lvmedic/guest`. */
export function cacheFolder(): string {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lvmedic/guest');
  mkdirSync(folder, { recursive: true });
  return folder;
}

const known = new Map<string, Promise<Cached>>();

/**
 * What `build` puts into a folder, kept for later runs under a name and all that it depends on. It appears complete
 * or not at all, whoever else builds the same; one whose files are no longer as they were is built anew.
 */
export function cached(
  name: string,
  key: readonly string[],
  build: (folder: string) => void | Promise<void>,
): Promise<Cached> {
  const hash = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(), `${name}-${hash}`);
  let found = known.get(folder);
  if (found === undefined) {
    found = findOrBuild(name, folder, build);
    known.set(folder, found);
    found.catch(() => known.delete(folder));
  }
  return found;
}

async function findOrBuild(
  name: string,
  folder: string,
  build: (folder: string) => void | Promise<void>,
): Promise<Cached> {
  const id = intactId(folder);
  if (id !== null) {
    utimesSync(folder, new Date(), new Date());
    return { folder, id };
  }
  dropAbandoned();
  const building = mkdtempSync(join(cacheFolder(), `${BUILDING}${process.pid}-`));
  try {
    const started = Date.now();
    console.log(`guest: making ${name} …`);
    const content = join(building, 'content');
    mkdirSync(content);
    await build(content);
    writeManifest(content);
    // What stands there now is damaged, or another process was faster; of two whole ones the first stays.
    if (existsSync(folder) && intactId(folder) === null) renameSync(folder, join(building, 'damaged'));
    if (!existsSync(folder)) renameSync(content, folder);
    console.log(`guest: made ${name} in ${Math.round((Date.now() - started) / 1000)} s`);
  } catch (error) {
    if (intactId(folder) === null) throw error;
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  dropOld(name);
  const built = intactId(folder);
  if (built === null) throw new Error(`${folder} is damaged`);
  return { folder, id: built };
}

function writeManifest(folder: string): void {
  const files = Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => statSync(join(folder, file)).isFile())
      .map((file) => [file, stateOf(join(folder, file))]),
  );
  writeFileSync(join(folder, MANIFEST), JSON.stringify({ id: randomUUID(), files } satisfies Manifest));
  run('sync', ['--file-system', folder]);
}

/** Null when there is no such folder or something in it was cut short, changed or removed. */
function intactId(folder: string): string | null {
  try {
    const { id, files } = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as Manifest;
    const isIntact = Object.entries(files).every(([file, { sizeBytes, modified }]) => {
      const now = stateOf(join(folder, file));
      return now.sizeBytes === sizeBytes && now.modified === modified;
    });
    return isIntact ? id : null;
  } catch {
    return null;
  }
}

function stateOf(file: string): { sizeBytes: number; modified: number } {
  const { size, mtimeMs } = statSync(file);
  return { sizeBytes: size, modified: mtimeMs };
}

/** Of processes that were killed while they built. */
function dropAbandoned(): void {
  for (const name of readdirSync(cacheFolder())) {
    const pid = new RegExp(`^${BUILDING}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) {
      rmSync(join(cacheFolder(), name), { recursive: true, force: true });
    }
  }
}

function dropOld(name: string): void {
  const hashed = new RegExp(`^${name}-[0-9a-f]{16}$`);
  const newestFirst = readdirSync(cacheFolder())
    .filter((each) => hashed.test(each))
    .map((each) => ({ folder: join(cacheFolder(), each), used: statSync(join(cacheFolder(), each)).mtimeMs }))
    .sort((a, b) => b.used - a.used);
  for (const { folder } of newestFirst.slice(KEPT_PER_NAME)) rmSync(folder, { recursive: true, force: true });
}
