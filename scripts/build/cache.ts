import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const base = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'lvmedic');
/** Files that took long to make. Another checkout's build keeps only files here, and takes a folder for a mistake. */
const madeDir = path.join(base, 'build');
/** What took long to get: folders. */
export const gotDir = path.join(base, 'got');
const cacheDays = 30;

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Stands for a large file's content without reading it. */
export function fileIdentity(file: string): string {
  const stat = fs.statSync(file);
  return `${path.basename(file)}:${stat.size}:${stat.mtimeMs}`;
}

type Make = (partial: string) => void | Promise<void>;

/** A file that `make` makes, under a name that says what it was made from. Returns its path. */
export function cached(name: string, make: Make): Promise<string> {
  return kept(path.join(madeDir, name), make);
}

/** A folder that `get` makes at the path that it is given. Returns its path. */
export function cachedFolder(name: string, get: Make): Promise<string> {
  return kept(path.join(gotDir, name), get);
}

/** Made under a temporary name first, so that a broken run leaves no half entry. */
async function kept(entry: string, make: Make): Promise<string> {
  fs.mkdirSync(path.dirname(entry), { recursive: true });
  if (!fs.existsSync(entry)) {
    const partial = `${entry}.${randomUUID().slice(0, 8)}`;
    await make(partial);
    try {
      fs.renameSync(partial, entry);
    } catch (error) {
      // Another build may have been faster; a folder cannot be put over its own.
      if (!fs.existsSync(entry)) throw error;
      fs.rmSync(partial, { recursive: true, force: true });
    }
  }
  const now = new Date();
  fs.utimesSync(entry, now, now);
  return entry;
}

/** Deletes what no build has used for 30 days. */
export function dropOldCacheEntries(): void {
  const oldestMs = Date.now() - cacheDays * 86_400_000;
  for (const folder of [madeDir, gotDir].filter((each) => fs.existsSync(each))) {
    for (const name of fs.readdirSync(folder)) {
      const entry = path.join(folder, name);
      const usedMs = fs.statSync(entry, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
      if (usedMs < oldestMs) fs.rmSync(entry, { recursive: true, force: true });
    }
  }
}
