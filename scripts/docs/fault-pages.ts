import { CATALOGUE } from '../../src/faults/catalogue.ts';
import type { Fault } from '../../src/faults/define.ts';
import { allRecipes, guestRecipes } from '../../vm-harness/recipes/index.ts';

const INDEX = 'README.md';

/** Every file of docs/faults by its name, as the catalogue and the recipes make it. */
export function faultPages(): Map<string, string> {
  return new Map([[INDEX, index()], ...CATALOGUE.map((fault) => [`${fault.id}.md`, page(fault)] as const)]);
}

function index(): string {
  return [
    '# The faults that lvmedic knows',
    '',
    'From the disk upward. Made by `npm run docs` from the catalogue (`src/faults/`); `lvmedic explain` shows the same',
    'offline. How faults are added is in [adding-a-fault.md](../adding-a-fault.md).',
    '',
    '| fault | layer | what it is |',
    '|---|---|---|',
    ...CATALOGUE.map(({ id, layer, summary }) => `| [${id}](${id}.md) | ${layer} | ${summary} |`),
    '',
  ].join('\n');
}

function page({ id, layer, summary, doc }: Fault): string {
  const recipes = [...allRecipes, ...guestRecipes].filter(({ expect }) => expect.faults.includes(id));
  return [
    `# ${id}`,
    '',
    `Layer: ${layer}. In one line: ${summary}.`,
    '',
    ...doc.trim().split('\n').flatMap(line),
    '',
    '## Tested by',
    '',
    'Each is built and broken with the real lvm; what is repaired is undone and repaired again, what is declined stays',
    'as it is to the byte. To look at one: `npm run lab -- RECIPE --keep`.',
    '',
    '| recipe | what happened | repair |',
    '|---|---|---|',
    ...recipes.map(
      ({ id, title, expect }) =>
        `| \`${id}\` | ${title} | ${expect.remedy === undefined ? expect.repair : 'asks'} |`,
    ),
    '',
    `Made by \`npm run docs\`; \`lvmedic explain ${id}\` shows the text above.`,
    '',
  ].join('\n');
}

/** In a fault's `doc` a line at the margin is a heading, and what is indented stands under it. */
function line(text: string): string[] {
  if (text === '' || text.startsWith('  ')) return [text.trim()];
  return [`## ${text}`, ''];
}
