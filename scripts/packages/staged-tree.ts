import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { bashCompletion } from '../docs/completions/bash.ts';
import { fishCompletion } from '../docs/completions/fish.ts';
import { zshCompletion } from '../docs/completions/zsh.ts';
import { manualAliases, manualPages } from '../docs/manual-pages.ts';
import { type Format, filesOf } from './files.ts';
import type { PackageOrder } from './order.ts';

const root = path.resolve(import.meta.dirname, '../..');
const DOC = 'usr/share/doc/lvmedic';
/** Where each distribution's zsh looks. */
const ZSH: Readonly<Record<Format, string>> = {
  deb: 'usr/share/zsh/vendor-completions',
  rpm: 'usr/share/zsh/site-functions',
};
/** Owned by the package, so that it goes with it when nothing is in it. */
const STATE = 'var/lib/lvmedic';

/** All that a package installs, in a folder, which must be empty. */
export function stageTree(tree: string, format: Format, order: PackageOrder): void {
  process.umask(0o022);
  fs.chmodSync(tree, 0o755);
  for (const { source, target, isProgram } of filesOf(format)) {
    put(tree, target, fs.readFileSync(path.join(root, source)), isProgram ? 0o755 : 0o644);
  }
  put(tree, 'usr/bin/lvmedic', fs.readFileSync(order.program), 0o755);
  for (const [name, text] of manualPages(order)) put(tree, manualFile(name), gzip(text));
  for (const name of manualAliases()) link(tree, manualFile(name), 'lvmedic.8.gz');
  put(tree, 'usr/share/bash-completion/completions/lvmedic', bashCompletion());
  put(tree, `${ZSH[format]}/_lvmedic`, zshCompletion());
  put(tree, 'usr/share/fish/vendor_completions.d/lvmedic.fish', fishCompletion());
  // As scripts/build.ts writes them beside the program, where it can.
  for (const name of ['licenses.txt', 'cdx.json']) {
    const file = `${order.program}.${name}`;
    if (fs.existsSync(file)) put(tree, `${DOC}/lvmedic.${name}.gz`, gzip(fs.readFileSync(file, 'utf8')));
  }
  put(tree, `${DOC}/changelog.gz`, gzip(fs.readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8')));
  // Enabled by the package itself, so that it is in an image too, where no systemd runs that could enable it.
  const units = 'usr/lib/systemd/system';
  link(tree, `${units}/multi-user.target.wants/lvmedic-report.service`, '../lvmedic-report.service');
  fs.mkdirSync(path.join(tree, STATE), { recursive: true });
}

/** `lvmedic.8` → where it lies. */
const manualFile = (name: string): string => `usr/share/man/man${name.slice(-1)}/${name}.gz`;

export function put(tree: string, target: string, content: string | Uint8Array, mode = 0o644): void {
  const file = path.join(tree, target);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  fs.chmodSync(file, mode);
}

function link(tree: string, target: string, to: string): void {
  const file = path.join(tree, target);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.symlinkSync(to, file);
}

/** Without a time in it. */
export function gzip(text: string): Buffer {
  return zlib.gzipSync(text, { level: 9 });
}

/** Everything in a folder but folders, by path, sorted. */
export function filesBelow(tree: string): string[] {
  return fs
    .readdirSync(tree, { recursive: true, encoding: 'utf8' })
    .filter((file) => !fs.lstatSync(path.join(tree, file)).isDirectory())
    .sort();
}
