import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeReplicaFolder, removeOrphans } from '../../src/system/replica-folder.ts';

let parent: string;

beforeEach(() => {
  parent = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-parent-'));
});
afterEach(() => fs.rmSync(parent, { recursive: true }));

function folder(name: string): string {
  fs.mkdirSync(path.join(parent, name));
  fs.writeFileSync(path.join(parent, name, 'disk.vmdk'), 'precious');
  return name;
}

const { pid: ended } = spawnSync('true');

test('copies that a killed rehearsal left are removed, those of one at work are not', () => {
  folder(`lvmedic-replica-${ended}-aB3xYz`);
  const atWork = folder(`lvmedic-replica-${process.pid}-aB3xYz`);
  removeOrphans(parent);
  expect(fs.readdirSync(parent)).toEqual([atWork]);
});

test("people's own folders stay, whatever they are called", () => {
  const theirs = [
    'replica-set',
    'replica-vm01-backup',
    `replica-${ended}-aB3xYz`,
    `lvmedic-replica-${ended}`,
    `lvmedic-replica-${ended}-backup-of-disk`,
    'lvmedic-replica-vm01-aB3xYz',
    `my-lvmedic-replica-${ended}-aB3xYz`,
  ].map(folder);
  removeOrphans(parent);
  expect(fs.readdirSync(parent)).toEqual([...theirs].sort());
});

test('nor is followed what only looks like one: a link, a file', () => {
  const precious = folder('precious');
  fs.symlinkSync(path.join(parent, precious), path.join(parent, `lvmedic-replica-${ended}-aB3xYz`));
  fs.writeFileSync(path.join(parent, `lvmedic-replica-${ended}-aaaaaa`), 'theirs');
  removeOrphans(parent);
  expect(fs.readdirSync(parent)).toHaveLength(3);
  expect(fs.readdirSync(path.join(parent, precious))).toEqual(['disk.vmdk']);
});

test.skipIf(process.getuid?.() !== 0)('nor what another user made in a folder for all', () => {
  const theirs = folder(`lvmedic-replica-${ended}-aB3xYz`);
  fs.chownSync(path.join(parent, theirs), 65534, 65534);
  removeOrphans(parent);
  expect(fs.readdirSync(parent)).toEqual([theirs]);
});

test('the name of a new folder is one that the next run knows', () => {
  const made = makeReplicaFolder(parent, 1);
  if (!made.ok) throw new Error(made.error);
  expect(path.basename(made.value)).toMatch(new RegExp(`^lvmedic-replica-${process.pid}-[A-Za-z0-9]{6}$`));
  fs.rmdirSync(made.value);
});
