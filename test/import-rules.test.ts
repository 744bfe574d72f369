import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** What each folder must not reach for; a violation planted in it is to be caught by the linter. */
const FORBIDDEN: readonly (readonly [folder: string, importing: string])[] = [
  ['model', '../ondisk/crc32c.ts'],
  ['model', 'node:fs'],
  ['ondisk', '../faults/catalogue.ts'],
  ['ondisk', 'node:fs'],
  ['lvm', '../engine/apply.ts'],
  ['faults', 'node:fs'],
  ['faults', '../ondisk/crc32c.ts'],
  ['faults', '../engine/plan.ts'],
  ['engine', '../system/run.ts'],
  ['engine', 'node:child_process'],
  ['system', '../faults/catalogue.ts'],
  ['system', '../faces/wording.ts'],
  ['session', '../faces/face.ts'],
  ['session', 'node:fs'],
  ['faces', '../system/run.ts'],
  ['faces', 'node:fs'],
  ['commands', '../system/run.ts'],
];

const root = path.join(import.meta.dirname, '..');
let world: string;
let report: string;

/** A tree of nothing but planted imports, judged by the project's own rules. */
beforeAll(() => {
  world = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-imports-'));
  const plant = (file: string, importing: string) => {
    fs.mkdirSync(path.join(world, path.dirname(file)), { recursive: true });
    fs.writeFileSync(
      path.join(world, file),
      `import { thing } from '${importing}';\n\nexport const used = thing;\n`,
    );
  };
  for (const [index, [folder, importing]] of FORBIDDEN.entries())
    plant(`src/${folder}/planted-${index}.ts`, importing);
  plant('src/faults/clean.ts', '../model/result.ts');
  const rules = JSON.parse(fs.readFileSync(path.join(root, 'biome.json'), 'utf8'));
  fs.writeFileSync(
    path.join(world, 'biome.json'),
    JSON.stringify({ ...rules, $schema: undefined, vcs: undefined }),
  );
  const run = spawnSync(path.join(root, 'node_modules/.bin/biome'), ['lint', '--max-diagnostics=none'], {
    cwd: world,
    encoding: 'utf8',
  });
  report = run.stdout + run.stderr;
});

afterAll(() => fs.rmSync(world, { recursive: true, force: true }));

describe('imports go one way', () => {
  test.each([...FORBIDDEN.entries()])('violation %i is caught: %s', (index, [folder]) => {
    const caught = new RegExp(`src/${folder}/planted-${index}\\.ts:1:\\d+ lint/style/noRestrictedImports`);
    expect(report).toMatch(caught);
  });

  test('what is allowed is not', () => {
    expect(report).not.toMatch(/clean\.ts.*noRestrictedImports/);
  });
});
