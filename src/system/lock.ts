import fs from 'node:fs';
import path from 'node:path';
import { err, ok, type Result } from '../model/result.ts';
import { codeOf, listFolder, makeFolder, readText } from './files.ts';
import { RUN_MARK } from './run.ts';

const ORPHAN_WAIT_MS = 30_000;
const POLL_MS = 100;
const LOCK = '/run/lvmedic/lock';

export interface Lock {
  release(): void;
}

/** One writer at a time, whoever started it. Fails with who holds the lock. */
export function takeLock(file = LOCK): Result<Lock, string> {
  const mine = `${process.pid} ${startOf(process.pid)}\n`;
  try {
    makeFolder(path.dirname(file));
    for (let tries = 0; tries < 3; tries++) {
      try {
        fs.writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
        return ok({ release: () => releaseIfMine(file, mine) });
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
      }
      const holder = readText(file) ?? '';
      const [pid = 0, start = ''] = holder.split(' ');
      if (holder !== '' && startOf(Number(pid)) === start) {
        return err(`another lvmedic is at work (process ${pid}): wait for it to end. Its lock is ${file}`);
      }
      if (!outlived(Number(pid))) {
        return err(`a command of a killed lvmedic (process ${pid}) is still at work: wait for it to end`);
      }
      // Its process is gone: a killed run. Whoever renames the file away has removed it.
      fs.renameSync(file, `${file}.${process.pid}`);
      fs.rmSync(`${file}.${process.pid}`);
    }
    return err(`the lock ${file} could not be taken`);
  } catch (error) {
    return err(`the lock ${file} could not be taken (${codeOf(error)})`);
  }
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
  if (readText(file) === mine.trim()) fs.rmSync(file, { force: true });
}

/** When a process started, in clock ticks since boot; empty when there is none of that number. */
function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  // The name in parentheses may hold anything; field 22 counts from behind it.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
