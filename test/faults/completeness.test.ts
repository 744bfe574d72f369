import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { faultPages } from '../../scripts/docs/fault-pages.ts';
import type { Context } from '../../src/commands/command.ts';
import { explainCommand } from '../../src/commands/explain.ts';
import { parseOptions } from '../../src/commands/options.ts';
import { EXIT } from '../../src/exit-codes.ts';
import { CATALOGUE } from '../../src/faults/catalogue.ts';
import { err } from '../../src/model/result.ts';
import { allRecipes, faultRecipes, guestRecipes } from '../../vm-harness/recipes/index.ts';

const root = path.resolve(import.meta.dirname, '../..');
const ids = CATALOGUE.map((fault) => fault.id);
const unique = (list: readonly string[]): string[] => [...new Set(list)].sort();

describe('the catalogue', () => {
  test('names each fault once', () => {
    expect(unique(ids)).toHaveLength(ids.length);
  });

  test('holds every fault that src/faults defines, each in the file of its id', () => {
    const folder = path.join(root, 'src/faults');
    const defining = fs
      .readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== 'define.ts')
      .filter((name) => fs.readFileSync(path.join(folder, name), 'utf8').includes('defineFault('));
    expect(defining.sort()).toEqual(ids.map((id) => `${id}.ts`).sort());
  });

  test.each(CATALOGUE)('$id explains cause, signs, repair and risk', ({ doc }) => {
    const headings = doc.split('\n').filter((line) => /^\S/.test(line));
    expect(headings).toEqual(['What it is', 'What causes it', 'How to see it', 'The repair', 'The risk']);
  });
});

describe('the recipes', () => {
  test('have an id each', () => {
    const all = [...allRecipes, ...guestRecipes].map((recipe) => recipe.id);
    expect(unique(all)).toHaveLength(all.length);
  });

  test('expect every fault of the catalogue, and no other', () => {
    expect(unique([...allRecipes, ...guestRecipes].flatMap((recipe) => recipe.expect.faults))).toEqual(
      unique(ids),
    );
  });

  test.each(faultRecipes)('$id bears the id of the fault that it expects', ({ id, expect: { faults } }) => {
    expect(faults).toContain(id.split('/')[0]);
  });
});

describe('docs/faults', () => {
  const folder = path.join(root, 'docs/faults');

  test('has a page for every fault, and no other', () => {
    expect(fs.readdirSync(folder).sort()).toEqual([...faultPages().keys()].sort());
  });

  test.each([...faultPages()])('%s is what `npm run docs` makes', (name, text) => {
    expect(fs.readFileSync(path.join(folder, name), 'utf8')).toBe(text);
  });

  test.each(ids)('README.md speaks of %s', (id) => {
    expect(fs.readFileSync(path.join(root, 'README.md'), 'utf8')).toContain(`docs/faults/${id}.md`);
  });
});

describe('lvmedic explain', () => {
  async function explain(...operands: string[]): Promise<{ status: number; said: string; result: object }> {
    const lines: string[] = [];
    const results: object[] = [];
    const face: Context['face'] = {
      notify: () => {},
      say: (more) => void lines.push(...more),
      result: (result) => void results.push(result),
      error: (message) => void lines.push(message),
      questions: null,
      guide: null,
    };
    const none = () => err('explain opens nothing');
    const parsed = parseOptions([], explainCommand);
    if (!parsed.ok) throw new Error(parsed.error);
    const stop = { requested: false, watch: () => {}, request: () => {}, clear: () => {}, handle: () => {} };
    const context: Context = {
      ...{ options: parsed.value.options, operands, face, log: face, stop },
      ...{ isRoot: true, open: async () => none(), lock: none },
    };
    const status = await explainCommand.run(context);
    return { status, said: lines.join('\n'), result: results[0] ?? {} };
  }

  test('lists every fault', async () => {
    const { status, result } = await explain();
    expect(status).toBe(EXIT.nothingWrong);
    expect(result).toMatchObject({ faults: CATALOGUE.map(({ id, summary }) => ({ id, summary })) });
  });

  test.each(CATALOGUE)('shows the manual of $id', async ({ id, doc }) => {
    const { status, said } = await explain(id);
    expect(status).toBe(EXIT.nothingWrong);
    expect(said).toContain(doc.trim());
  });

  test('names those there are when asked for another', async () => {
    const { status, said } = await explain('no-such-fault');
    expect(status).toBe(EXIT.usage);
    for (const id of ids) expect(said).toContain(id);
  });
});
