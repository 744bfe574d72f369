import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Component } from '../../scripts/sbom/document.ts';

const probeSource = `
const { v4 } = require('enquirer/package.json');
console.log(JSON.stringify(process.versions));
setInterval(() => v4, 1000);
`;

interface Document {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
}

let folder: string;
let running: ChildProcess;
let versions: Record<string, string>;
let text: string;
let document: Document;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-parts-'));
  const probe = path.join(folder, 'probe');
  fs.writeFileSync(path.join(folder, 'probe.cjs'), probeSource);
  fs.symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'));
  const args = ['scripts/build.ts', '--entry', path.join(folder, 'probe.cjs'), '--output', probe];
  const built = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`${built.stdout}${built.stderr}`);
  text = fs.readFileSync(`${probe}.cdx.json`, 'utf8');
  document = JSON.parse(text);
  running = spawn(probe, { stdio: ['ignore', 'pipe', 'inherit'] });
  versions = await new Promise((resolve) =>
    running.stdout?.once('data', (line: Buffer) => resolve(JSON.parse(line.toString()))),
  );
});

afterAll(() => {
  running?.kill();
  fs.rmSync(folder, { recursive: true });
});

function sha256(file: string): string {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

/** What the program holds in memory, by file name: the launcher unpacks each into a memory file of its name. */
function unpacked(): Map<string, string> {
  const at = `/proc/${running.pid}`;
  const files = [`${at}/exe`, ...fs.readdirSync(`${at}/fd`).map((fd) => `${at}/fd/${fd}`)];
  return new Map(
    files.flatMap((file) => {
      const name = /^\/memfd:(\S+)/.exec(fs.readlinkSync(file))?.[1];
      return name === undefined ? [] : [[name, file] as const];
    }),
  );
}

describe('the list of parts beside a program', () => {
  test('holds to the schema of CycloneDX 1.6', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(text)).toBeNull();
  });

  test('is about that very file', () => {
    expect(document.metadata.component.hashes).toEqual([
      { alg: 'SHA-256', content: sha256(path.join(folder, 'probe')) },
    ]);
  });

  test('has every file that the running program was unpacked to, with its checksum', () => {
    const listed = new Map(
      document.components
        .flatMap((each) => each.components ?? [])
        .filter(({ type }) => type === 'file')
        .map((each) => [each.name, each.hashes?.[0]?.content]),
    );
    const files = [...unpacked()].filter(([name]) => name !== 'lvmedic');
    expect(files.length).toBeGreaterThan(6);
    for (const [name, file] of files) expect(listed.get(name), name).toBe(sha256(file));
  });

  test('has the versions of Node and its parts that the program itself tells', () => {
    const node = document.components.find(({ name }) => name === 'node');
    expect(node?.version).toBe(versions.node);
    for (const name of ['openssl', 'v8', 'uv', 'zlib', 'undici', 'sqlite'])
      expect(node?.components?.find((each) => each.name === name)?.version, name).toBe(versions[name]);
  });

  test('names each bundled npm package, and none that is not', () => {
    const { version } = JSON.parse(fs.readFileSync('node_modules/enquirer/package.json', 'utf8'));
    const npm = document.components
      .map(({ purl = '' }) => purl)
      .filter((each) => each.startsWith('pkg:npm/'));
    expect(npm).toEqual([`pkg:npm/enquirer@${version}`]);
  });

  test('has what the launcher is linked with', () => {
    const sources = document.components.flatMap(({ properties = [] }) =>
      properties.map(({ value }) => value),
    );
    for (const source of ['musl', 'libzstd', 'glibc']) expect(sources).toContain(source);
  });

  test('comes with the licences of all that', () => {
    const licenses = fs.readFileSync(path.join(folder, 'probe.licenses.txt'), 'utf8');
    for (const words of [
      'Node.js is licensed',
      'GNU LESSER GENERAL PUBLIC LICENSE',
      'GCC RUNTIME LIBRARY EXCEPTION',
    ])
      expect(licenses).toContain(words);
    for (const title of ['libc6', 'libstdc++6', 'musl-dev', 'libzstd-dev', 'enquirer'])
      expect(licenses).toContain(title);
  });
});
