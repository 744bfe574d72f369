import fs from 'node:fs';
import path from 'node:path';
import { err, ok, type Result } from '../model/result.ts';
import { codeOf, listFolder, makeFolder, readText } from './files.ts';
import { RUN_MARK } from './run.ts';

const ORPHAN_WAIT_MS = 30_000;
const POLL_MS = 100;
/** One is enough, unless others come and go at the same moment. */
const TRIES = 20;
const LOCK = '/run/lvmedic/lock';

export interface Lock {
  release(): void;
}

/** One writer at a time, whoever started it. Fails with who holds the lock. */
export function takeLock(file = LOCK): Result<Lock, string> {
  try {
    makeFolder(path.dirname(file));
    return take(file);
  } catch (error) {
    return err(`the lock ${file} could not be taken (${codeOf(error)})`);
  }
}

function take(file: string): Result<Lock, string> {
  const mine = `${process.pid} ${startOf(process.pid)}`;
  const draft = `${file}.${process.pid}`;
  fs.writeFileSync(draft, `${mine}\n`, { mode: 0o600 });
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      if (linked(draft, file)) return ok({ release: () => releaseIfMine(file, mine) });
      const holder = readText(file);
      // Released at this moment.
      if (holder === null) continue;
      const pid = livePid(holder);
      if (pid !== null) {
        return err(`another lvmedic is at work (process ${pid}): wait for it to end. Its lock is ${file}`);
      }
      const removed = removeStale(file, holder);
      if (!removed.ok) return removed;
    }
    return err(`the lock ${file} could not be taken`);
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/**
 * Removes the lock of a killed run, once its commands have ended. Of all who see that it is stale only one may, which a
 * lock of its own decides: another could remove the lock that the first has taken meanwhile.
 */
function removeStale(file: string, holder: string): Result<void, string> {
  const removing = take(`${file}.stale`);
  if (!removing.ok) return removing;
  try {
    if (readText(file) !== holder) return ok(undefined);
    const pid = Number.parseInt(holder, 10);
    if (!outlived(pid)) {
      return err(`a command of a killed lvmedic (process ${pid}) is still at work: wait for it to end`);
    }
    fs.rmSync(file);
    return ok(undefined);
  } finally {
    removing.value.release();
  }
}

/** As a link the lock is there at once and whole: nobody ever sees it empty. */
function linked(draft: string, file: string): boolean {
  try {
    fs.linkSync(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** The process that a lock names, while it runs. */
function livePid(holder: string): number | null {
  const [, pid = '', start = ''] = /^(\d+) (\d+)$/.exec(holder) ?? [];
  return start !== '' && startOf(Number(pid)) === start ? Number(pid) : null;
}

/** Waits for commands that a killed run left running; false when one does not end. */
function outlived(pid: number): boolean {
  const isRunning = () =>
    listFolder('/proc').some((name) => {
      if (!/^\d+$/.test(name)) return false;
      return readText(`/proc/${name}/environ`)?.split('\0').includes(`${RUN_MARK}=${pid}`) === true;
    });
  for (let waitedMs = 0; waitedMs < ORPHAN_WAIT_MS; waitedMs += POLL_MS) {
    if (!isRunning()) return true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
  }
  return false;
}

function releaseIfMine(file: string, mine: string): void {
  if (readText(file) === mine) fs.rmSync(file, { force: true });
}

/** When a process started, in clock ticks since boot; empty when there is none of that number, or it has ended. */
function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`) ?? '';
  // The name in parentheses may hold anything; fields 3 and 22 count from behind it.
  const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Its parent has not noticed yet, and in a container may never.
  return state === 'Z' ? '' : (fields[18] ?? '');
}
