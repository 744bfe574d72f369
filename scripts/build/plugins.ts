import fs from 'node:fs';
import type { Plugin } from 'esbuild';

/**
 * What the bundle needs changed in other people's packages: it is CommonJS, which knows no await at the top of a module.
 * Each throws when the text that it replaces is not found: a silent miss would only show in a guest.
 */
export const plugins: Plugin[] = [
  replacing('yoga-when-asked', /yoga-layout[\\/]dist[\\/]src[\\/]index\.js$/, [
    // `faces/screen/load-screen.ts` awaits it before the first module that uses it.
    [
      'const Yoga = wrapAssembly(await loadYoga());\nexport default Yoga;',
      'let Yoga;\n' +
        'export async function initYoga() {\n  Yoga ??= wrapAssembly(await loadYoga());\n}\n' +
        'export { Yoga as default };',
    ],
  ]),
  replacing('ink-without-devtools', /ink[\\/]build[\\/]reconciler\.js$/, [
    ["await import('./devtools.js');", ''],
    ['const loaded = await loadPackageJson();', 'const loaded = {};'],
  ]),
];

type Replacement = readonly [text: string, by: string];

function replacing(name: string, file: RegExp, replacements: readonly Replacement[]): Plugin {
  return {
    name,
    setup({ onLoad }) {
      onLoad({ filter: file }, async ({ path }) => {
        let contents = await fs.promises.readFile(path, 'utf8');
        for (const [text, by] of replacements) {
          if (!contents.includes(text))
            throw new Error(`${path} has changed: scripts/build/plugins.ts looks for\n${text}`);
          contents = contents.replace(text, by);
        }
        return { contents, loader: 'js' };
      });
    },
  };
}
