/** `npm run new-fault -- ID`: writes the stubs of a fault and says what is left to do. */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../src/exit-codes.ts';
import { faultCalled } from '../src/faults/catalogue.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const [id = ''] = process.argv.slice(2);
const files = [`src/faults/${id}.ts`, `vm-harness/recipes/${id}.ts`] as const;
const refusal = refuse();

if (refusal === null) {
  const [faultFile, recipeFile] = files;
  fs.writeFileSync(`${root}${faultFile}`, faultStub());
  fs.writeFileSync(`${root}${recipeFile}`, recipeStub());
  console.log(hints(faultFile, recipeFile));
} else {
  console.error(refusal);
  process.exitCode = EXIT.usage;
}

function refuse(): string | null {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)+$/.test(id))
    return 'An id is a layer and a few words in lower case, joined by hyphens: npm run new-fault -- lvm2-pv-something';
  const taken = files.filter((file) => fs.existsSync(root + file));
  if (faultCalled(id) !== undefined || taken.length > 0) return `${id} is taken: ${taken.join(', ')}`;
  return null;
}

function constant(): string {
  const words = id.split('-').slice(1);
  return words
    .map((word, n) => (n === 0 ? word : `${word.charAt(0).toUpperCase()}${word.slice(1)}`))
    .join('');
}

function faultStub(): string {
  return `import { defineFault } from './define.ts';
import { eachMember } from './evidence.ts';

export const ${constant()} = defineFault({
  id: '${id}',
  layer: 'volume-group',
  summary: 'one line for lists',
  doc: \`
What it is
  ...

What causes it
  ...

How to see it
  ...

The repair
  ...

The risk
  ...
\`,
  // Gets every PV of every volume group, with its region; returns a summary and evidence, or null.
  detect: (survey) => eachMember(survey, () => null),
  // Returns choices with intents (src/model/plan.ts), best first; or declines and says what would help.
  plan: () => ({ kind: 'declined', reason: 'nothing is known to help yet', choices: [] }),
});
`;
}

function recipeStub(): string {
  return `import { standard, vgDisks } from '../lab/layouts.ts';
import { type Recipe, repaired } from './recipe.ts';

export const recipes: Recipe[] = [
  {
    id: '${id}',
    title: 'the symptom, in words',
    seeds: [],
    disks: vgDisks(2),
    build: standard(2),
    break: (world) => world.overwrite('d2', 0, new Uint8Array(512)),
    expect: repaired('${id}'),
  },
];
`;
}

function hints(faultFile: string, recipeFile: string): string {
  return `Written:
  ${faultFile}
  ${recipeFile}
Left to do (docs/adding-a-fault.md):
  src/faults/catalogue.ts       import { ${constant()} } from './${id}.ts'; and ${constant()}, in its place from the disk upward
  vm-harness/recipes/index.ts   import { recipes as ${constant()} } from './${id}.ts'; and ...${constant()}, in faultRecipes
  README.md                     a row in the table of faults
  npm run docs                  docs/faults/${id}.md
  npm run lab -- ${id} --keep   to look at the broken disks
  npm run check                 test/faults/completeness.test.ts names what is missing`;
}
