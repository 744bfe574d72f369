/**
 * `npm run sbom -- [WORD…]`: which parts of what lies in dist/ have one of these words in their names, and in which
 * versions. Without a word: all parts. Exit status 1 when there is none, as grep does.
 */
import fs from 'node:fs';
import path from 'node:path';
import { matchingParts, type PlacedPart, partsOf } from './sbom/parts.ts';

const dist = path.resolve(import.meta.dirname, '../dist');
const suffix = '.cdx.json';

const documents = fs.existsSync(dist) ? fs.readdirSync(dist).filter((name) => name.endsWith(suffix)) : [];
if (documents.length === 0)
  throw new Error(
    'dist/ has no list of parts: `npm run build` makes that of lvmedic, `npm run dist` makes all.',
  );

const words = process.argv.slice(2);
const lines = documents.sort().flatMap((name) => {
  const parts = partsOf(fs.readFileSync(path.join(dist, name), 'utf8'));
  return matchingParts(parts, words).map((part) => line(name.slice(0, -suffix.length), part));
});
for (const each of lines) console.log(each);
if (lines.length === 0) {
  console.log(`Nothing of that name is in ${documents.join(', ')}.`);
  process.exitCode = 1;
}

function line(file: string, { name, version, source, inside }: PlacedPart): string {
  const from = source === undefined ? '' : `  (source ${source})`;
  const where = inside === undefined ? '' : `  in ${inside}`;
  return `${file.padEnd(18)}${name.padEnd(28)} ${version}${from}${where}`;
}
