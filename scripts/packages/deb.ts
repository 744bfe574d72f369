import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { MAINTAINER, type PackageOrder } from './order.ts';
import { filesBelow, gzip, put, stageTree } from './staged-tree.ts';
import { outputOfTool } from './tools.ts';

const root = path.resolve(import.meta.dirname, '../..');
const CONTROL = path.join(root, 'initramfs/debian');

/**
 * Builds the Debian package and returns its path.
 *
 * @throws when a tool is missing or fails
 */
export function buildDeb(order: PackageOrder): string {
  const version = `${order.version}-1`;
  const output = path.join(order.output, `lvmedic_${version}_${order.architecture}.deb`);
  const tree = fs.mkdtempSync(path.join(order.output, '.deb-'));
  try {
    stageTree(tree, 'deb', order);
    const changelog = debianChangelog(version, order.epochSeconds);
    put(tree, 'usr/share/doc/lvmedic/changelog.Debian.gz', gzip(changelog));
    put(
      tree,
      'usr/share/lintian/overrides/lvmedic',
      fs.readFileSync(path.join(CONTROL, 'lintian-overrides')),
    );
    putControl(tree, version, order);
    outputOfTool('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', tree, output], {
      SOURCE_DATE_EPOCH: `${order.epochSeconds}`,
    });
  } finally {
    fs.rmSync(tree, { recursive: true });
  }
  return output;
}

function putControl(tree: string, version: string, { architecture }: PackageOrder): void {
  const files = filesBelow(tree);
  const installedBytes = files.reduce((sum, file) => sum + fs.lstatSync(path.join(tree, file)).size, 0);
  const control = fs
    .readFileSync(path.join(CONTROL, 'control'), 'utf8')
    .replace('@VERSION@', version)
    .replace('@ARCHITECTURE@', architecture)
    .replace('@MAINTAINER@', MAINTAINER)
    .replace('@INSTALLED_KIB@', `${Math.ceil(installedBytes / 1024)}`);
  const digests = files
    .filter((file) => fs.lstatSync(path.join(tree, file)).isFile() && !file.startsWith('etc/'))
    .map((file) => `${md5(path.join(tree, file))}  ${file}\n`);
  put(tree, 'DEBIAN/control', control);
  put(tree, 'DEBIAN/md5sums', digests.join(''));
  for (const name of ['conffiles', 'triggers', 'postinst', 'prerm', 'postrm']) {
    const mode = /^p/.test(name) ? 0o755 : 0o644;
    put(tree, `DEBIAN/${name}`, fs.readFileSync(path.join(CONTROL, name)), mode);
  }
}

const md5 = (file: string): string => createHash('md5').update(fs.readFileSync(file)).digest('hex');

function debianChangelog(version: string, epochSeconds: number): string {
  const date = new Date(epochSeconds * 1000).toUTCString().replace('GMT', '+0000');
  return `lvmedic (${version}) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- ${MAINTAINER}  ${date}\n`;
}
