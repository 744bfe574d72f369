import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { OldWorld } from './old-worlds.ts';

/**
 * Old lvm binaries do not lie around; what they print and write does. A recording holds, for each world, every command that
 * was given to such a binary, what it printed, how it ended, and the bytes it changed on the devices that were named to it.
 */
export interface Recording {
  readonly lvm: string;
  readonly worlds: Readonly<Record<string, readonly RecordedRun[]>>;
}

export interface RecordedRun {
  /** With places in the stead of nodes and paths: `{node 1}`, `{text}`, `{folder}`. */
  readonly argv: readonly string[];
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly writes: readonly {
    readonly node: number;
    readonly offsetBytes: number;
    readonly base64: string;
  }[];
}

const FOLDER = fileURLToPath(new URL('../../test/fixtures/old-lvm-runs/', import.meta.url));
const SCRIPT = fileURLToPath(new URL('./stand-in-lvm.ts', import.meta.url));
const fileOf = (version: string): string => join(FOLDER, `${version}.json.gz`);

export const recordedVersions = (): string[] =>
  existsSync(FOLDER) ? readdirSync(FOLDER).flatMap((name) => /^(.*)\.json\.gz$/.exec(name)?.[1] ?? []) : [];

export const loadRecording = (version: string): Recording =>
  JSON.parse(gunzipSync(readFileSync(fileOf(version))).toString()) as Recording;

export function saveRecording(recording: Recording): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(fileOf(recording.lvm), gzipSync(JSON.stringify(recording, null, 1), { level: 9 }));
}

/** A program that does what this version did to this world; a command that it was never given ends with 99. */
export const standInFor = (version: string, world: OldWorld): string =>
  program(world, ['replay', version, world.name]);

/** A program that runs `lvm` and keeps in `file`, a line each, what it did. */
export const recorderFor = (lvm: string, world: OldWorld, file: string): string =>
  program(world, ['record', lvm, file]);

function program(world: OldWorld, words: readonly string[]): string {
  const path = join(world.dir, `lvm-${words[0]}`);
  const argv = [process.execPath, SCRIPT, ...words].map((word) => `'${word}'`).join(' ');
  writeFileSync(path, `#!/bin/sh\nexec ${argv} "$@"\n`, { mode: 0o755 });
  return path;
}

const NODE = /\/dev\/loop\d+/g;

/** The nodes that a command names, each once, in order. */
export const nodesIn = (argv: readonly string[]): string[] => [
  ...new Set(argv.flatMap((word) => word.match(NODE) ?? [])),
];

/** What differs from run to run, as places. */
export function withPlaces(text: string, nodes: readonly string[]): string {
  return text
    .replaceAll(NODE, (node) => `{node ${nodes.indexOf(node) + 1}}`)
    .replaceAll(/\/[^\s"'=]*\/(?:plan-\d+-)?\d+\.vg/g, '{text}')
    .replaceAll(/locking_dir="[^"]*"/g, 'locking_dir="{folder}"');
}

export const withNodes = (text: string, nodes: readonly string[]): string =>
  text.replaceAll(/\{node (\d+)\}/g, (_, number: string) => nodes[Number(number) - 1] ?? '?');
