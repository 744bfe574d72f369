import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { err, ok, type Result } from '../model/result.ts';
import { listFolder, makeFolder } from './files.ts';

const PREFIX = 'lvmedic-replica-';
/** As mkdtemp ends it. What is not called just so, or is not ours, is none of our business. */
const REPLICA = /^lvmedic-replica-(\d+)-[A-Za-z0-9]{6}$/;

/** A private folder with room for the copies: in memory first, then where the undo records lie. */
export function makeReplicaFolder(stateDir: string, neededBytes: number): Result<string, string> {
  for (const parent of ['/run/lvmedic', stateDir, os.tmpdir()]) {
    try {
      makeFolder(parent);
      removeOrphans(parent);
      const { bavail, bsize } = fs.statfsSync(parent);
      if (bavail * bsize > neededBytes * 1.25)
        return ok(fs.mkdtempSync(path.join(parent, `${PREFIX}${process.pid}-`)));
    } catch {}
  }
  return err(`there is no room for copies of the metadata (${neededBytes} bytes)`);
}

/** Removes copies that a killed rehearsal left: they lie in memory. People's folders may lie beside them. */
export function removeOrphans(parent: string): void {
  for (const name of listFolder(parent)) {
    const pid = REPLICA.exec(name)?.[1];
    if (pid === undefined || fs.existsSync(`/proc/${pid}`)) continue;
    const folder = path.join(parent, name);
    try {
      const stat = fs.lstatSync(folder);
      if (stat.isDirectory() && stat.uid === process.getuid?.()) fs.rmSync(folder, { recursive: true });
    } catch {}
  }
}
