import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  commonOptions,
  guidedOptions,
  isKnownValue,
  operandOf,
  ownOptions,
} from '../../scripts/docs/command-data.ts';
import { bashCompletion } from '../../scripts/docs/completions/bash.ts';
import { fishCompletion } from '../../scripts/docs/completions/fish.ts';
import { zshCompletion } from '../../scripts/docs/completions/zsh.ts';
import { manualPages } from '../../scripts/docs/manual-pages.ts';
import { FILES, SETUP_FILES } from '../../scripts/docs/manual-text.ts';
import { shippedFiles } from '../../scripts/packages/files.ts';
import { COMMANDS as commands } from '../../src/commands/all.ts';
import { CATALOGUE } from '../../src/faults/catalogue.ts';

const root = path.resolve(import.meta.dirname, '../..');
const edition = { version: '1.2.3', epochSeconds: 1_700_000_000 };
const options = [...commonOptions, ...guidedOptions, ...commands.flatMap(ownOptions)];

/** As a reader sees it. */
const shown = (name: string): string =>
  (manualPages(edition).get(name) ?? '')
    .replace(/\\f[BIR]/g, '')
    .replaceAll('\\-', '-')
    .replaceAll('\\(aq', "'");

describe('lvmedic(8)', () => {
  test('has every command, option and fault, by the words of --help', () => {
    const page = shown('lvmedic.8').replace(/\s+/g, ' ');
    const wanted = [
      ...commands.flatMap(({ name, operands, summary }) => [`lvmedic ${name} ${operands}`.trim(), summary]),
      ...options.flatMap(({ name, value, help }) => [`--${name}${value === null ? '' : ` ${value}`}`, help]),
      ...CATALOGUE.flatMap(({ id, summary }) => [id, summary]),
    ];
    expect(wanted.length).toBeGreaterThan(50);
    expect(wanted.filter((text) => !page.includes(text.replaceAll('`', '')))).toEqual([]);
  });

  test('has every example of --help, each on a line of its own', () => {
    const examples = commands.flatMap(({ help }) => help.match(/^ {2}lvmedic( \S+)+/gm) ?? []);
    const lines = shown('lvmedic.8').split('\n');
    expect(examples.length).toBeGreaterThan(10);
    expect(examples.filter((example) => !lines.includes(example.trim()))).toEqual([]);
  });

  test('has every parameter of the kernel command line that the sources read', () => {
    const sources = ['src/commands', 'src/engine', 'src/system', 'src/faces', 'initramfs/common'].flatMap(
      (folder) =>
        fs
          .readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
          .map((name) => path.join(root, folder, name))
          .filter((file) => fs.statSync(file).isFile()),
    );
    const text = sources.map((file) => fs.readFileSync(file, 'utf8')).join('\n');
    const read = new Set(text.match(/rd\.lvmedic(\.[a-z]+)?(?=['=])/g));
    expect([...read].sort()).toEqual([
      ...['rd.lvmedic', 'rd.lvmedic.media', 'rd.lvmedic.policy', 'rd.lvmedic.timeout'],
    ]);
    for (const parameter of read) expect(shown('lvmedic.8')).toContain(`\n${parameter}=`);
  });
});

test('every file that the pages name is shipped, or named in the sources', () => {
  const text = ['initramfs/system', 'initramfs/common', 'src/system', 'src/main.ts', 'src/commands']
    .flatMap((place) => {
      const at = path.join(root, place);
      if (fs.statSync(at).isFile()) return [at];
      return fs.readdirSync(at, { recursive: true, encoding: 'utf8' }).map((name) => path.join(at, name));
    })
    .filter((file) => fs.statSync(file).isFile())
    .map((file) => fs.readFileSync(file, 'utf8'))
    .join('\n');
  const shipped = new Set(shippedFiles.map(({ target }) => `/${target}`));
  const unknown = [...FILES, ...SETUP_FILES]
    .map(([file]) => file.replace(/\/$/, ''))
    .filter((file) => !shipped.has(file) && !text.includes(path.basename(file)));
  expect(unknown).toEqual([]);
});

test('lvmedic-setup --help says what lvmedic-setup(8) does', () => {
  const help = spawnSync('sh', [path.join(root, 'initramfs/system/lvmedic-setup'), '--help'], {
    encoding: 'utf8',
  });
  expect({ status: help.status, errors: help.stderr }).toEqual({ status: 0, errors: '' });
  const page = shown('lvmedic-setup.8').replace(/\s+/g, ' ');
  const lines = help.stdout.trim().split('\n');
  expect(lines.length).toBe(5);
  for (const line of lines) {
    const [usage = '', text = ''] = line.split(/ {2,}/);
    expect(page).toContain(`${usage} ${text}.`);
  }
});

test('lvmedic.conf(5) has every setting that is read', () => {
  const reader = fs.readFileSync(path.join(root, 'initramfs/common/mode.sh'), 'utf8');
  const settings = [...reader.matchAll(/^ {8}([A-Z_]+)=.*\)/gm)].map(([, name]) => name);
  expect(settings).toEqual(['MODE', 'FILE', 'PLACE_UUID', 'PLACE_TYPE', 'PLACE_PATH']);
  for (const name of settings) expect(shown('lvmedic.conf.5')).toMatch(new RegExp(`^${name}=`, 'm'));
});

test('completions know what every option and operand takes', () => {
  const capitals = [...options.map(({ value }) => value), ...commands.map(operandOf)].filter(
    (each) => each !== null,
  );
  expect(capitals.length).toBeGreaterThan(5);
  expect(
    capitals.filter((each) => !isKnownValue(each)),
    'say in scripts/docs/command-data.ts what they can be',
  ).toEqual([]);
});

test.each([
  ['bash', bashCompletion, (name: string) => new RegExp(`--${name}\\b`)],
  ['zsh', zshCompletion, (name: string) => new RegExp(`'--${name}\\b`)],
  ['fish', fishCompletion, (name: string) => new RegExp(`-l ${name}\\b`)],
] as const)('the completion of %s has every command and option', (_, made, pattern) => {
  const text = made();
  for (const { name } of commands) expect(text).toMatch(new RegExp(`\\b${name}\\b`));
  for (const { name } of options) expect(text).toMatch(pattern(name));
});
