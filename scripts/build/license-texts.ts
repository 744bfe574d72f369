import fs from 'node:fs';
import path from 'node:path';
import type { Contents } from './contents.ts';
import type { BundledPackage } from './notices.ts';
import type { OwningPackage } from './toolchain.ts';

const commonLicenses = '/usr/share/common-licenses';
const licenseFile = /^(licen[cs]e|copying|notice)\b/i;

/**
 * The complete licences of everything in a program, as one text: what NOTICE sums up.
 *
 * @throws when {@link filesWithoutLicense} are among it
 */
export function licenseTexts(contents: Contents): string {
  const { toolchain, packages } = contents;
  const owners = new Map([...contents.owners.values()].map((each) => [each.name, each]));
  const debian = debianTexts([...owners.values()]);
  return [
    'The licences of the work of others that lvmedic carries. NOTICE says what each part is for.\n',
    part(
      `Node.js ${toolchain.nodePackage.version}, with all that is in it`,
      fs.readFileSync(path.join(toolchain.nodePackage.folder, 'LICENSE'), 'utf8'),
    ),
    ...debian,
    ...commonTexts(debian.join('')),
    ...packages.map((each) => part(`${each.name} ${each.version} (npm)`, npmText(contents.root, each))),
  ].join('\n');
}

/** Libraries whose licence is not at hand: of no package that is known, or installed without its documents. */
export function filesWithoutLicense({ libraries, owners }: Contents): string[] {
  return libraries.filter((file) => !fs.existsSync(owners.get(file)?.copyrightFile ?? ''));
}

function part(title: string, text: string): string {
  const line = '='.repeat(78);
  return `${line}\n${title}\n${line}\n\n${text.trim()}\n`;
}

/** Packages of one source mostly have the same text: it is given once. */
function debianTexts(packages: readonly OwningPackage[]): string[] {
  const titles = new Map<string, string[]>();
  for (const { name, version, source, copyrightFile } of packages) {
    const text = fs.readFileSync(copyrightFile, 'utf8');
    titles.set(text, [...(titles.get(text) ?? []), `${name} ${version} (Debian, from the source ${source})`]);
  }
  return [...titles].map(([text, names]) => part(names.sort().join('\n'), text)).sort();
}

/** Debian's texts point to these instead of repeating them. */
function commonTexts(texts: string): string[] {
  const names = texts.matchAll(/\/usr\/share\/common-licenses\/([A-Z][\w.-]*\w)/g);
  return [...new Set([...names].map((match) => match[1] ?? ''))]
    .map((name) => ({ name, file: path.join(commonLicenses, name) }))
    .filter(({ file }) => fs.existsSync(file))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, file }) => part(`${name}, which texts above name`, fs.readFileSync(file, 'utf8')));
}

/** Where a package brings no file, its manifest's word stands with what NOTICE knows. */
function npmText(root: string, { name, folder, license, copyright }: BundledPackage): string {
  const files = fs.readdirSync(folder).filter((file) => licenseFile.test(file));
  if (files.length > 0)
    return files
      .sort()
      .map((file) => fs.readFileSync(path.join(folder, file), 'utf8'))
      .join('\n\n');
  const text = new RegExp(`\\nThe ${license} licence\\n\\n([^]*?)(?:\\n\\n\\n|$)`).exec(
    fs.readFileSync(path.join(root, 'NOTICE'), 'utf8'),
  )?.[1];
  if (text === undefined) throw new Error(`${name} brings no licence, and NOTICE has no text of ${license}.`);
  return `${copyright}\n\n${text}`;
}
