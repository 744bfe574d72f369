/** `npm run docs`: writes docs/faults/ anew, one page for each fault of the catalogue. */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { faultPages } from './docs/fault-pages.ts';

const folder = fileURLToPath(new URL('../docs/faults/', import.meta.url));
const pages = faultPages();

fs.mkdirSync(folder, { recursive: true });
for (const name of fs.readdirSync(folder)) if (!pages.has(name)) fs.rmSync(`${folder}${name}`);
for (const [name, text] of pages) fs.writeFileSync(`${folder}${name}`, text);
console.log(`docs/faults: ${pages.size} pages`);
