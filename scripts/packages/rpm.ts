import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ARCHITECTURES, MAINTAINER, type PackageOrder } from './order.ts';
import { filesBelow, put, stageTree } from './staged-tree.ts';
import { outputOfTool } from './tools.ts';

const root = path.resolve(import.meta.dirname, '../..');
const LICENSE = 'usr/share/licenses/lvmedic/LICENSE';
/** Folders that are the package's own, and those that the packages of the shells and dracut own too: these may be absent. */
const FOLDERS = [
  ...['bash-completion', 'bash-completion/completions', 'fish', 'fish/vendor_completions.d'].map(inShare),
  ...['zsh', 'zsh/site-functions'].map(inShare),
  ...['usr/lib/lvmedic', 'var/lib/lvmedic'],
  ...['usr/lib/dracut', 'usr/lib/dracut/modules.d', 'usr/lib/dracut/modules.d/50lvmedic'],
  ...['usr/share/doc/lvmedic', 'usr/share/licenses/lvmedic'],
];

/**
 * Builds the RPM package and returns its path.
 *
 * @throws when a tool is missing or fails
 */
export function buildRpm(order: PackageOrder): string {
  const { rpm: architecture } = ARCHITECTURES[order.architecture];
  const name = `lvmedic-${order.version}-1.${architecture}.rpm`;
  // Not in `output`: rpmbuild takes no blanks in names.
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-rpm-'));
  const tree = path.join(work, 'tree');
  try {
    fs.mkdirSync(tree);
    stageTree(tree, 'rpm', order);
    put(tree, LICENSE, fs.readFileSync(path.join(root, 'LICENSE')));
    put(
      work,
      'files',
      [...folders(tree), ...filesBelow(tree).map((file) => entry(tree, file)), ''].join('\n'),
    );
    const defined = {
      _topdir: work,
      _rpmdir: work,
      _build_name_fmt: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm',
      lvmedic_version: order.version,
      lvmedic_tree: tree,
      lvmedic_packager: MAINTAINER,
      lvmedic_changed: changed(order),
    };
    outputOfTool(
      'rpmbuild',
      [
        ...['-bb', '--quiet', '--target', `${architecture}-linux`],
        ...Object.entries(defined).flatMap(([macro, value]) => ['--define', `${macro} ${value}`]),
        path.join(root, 'initramfs/rpm/lvmedic.spec'),
      ],
      // Nobody's ~/.rpmmacros has a say.
      { SOURCE_DATE_EPOCH: `${order.epochSeconds}`, HOME: work, TZ: 'UTC' },
    );
    const output = path.join(order.output, name);
    fs.copyFileSync(path.join(work, name), output);
    fs.chmodSync(output, 0o644);
    return output;
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

function inShare(name: string): string {
  return `usr/share/${name}`;
}

function folders(tree: string): string[] {
  const below = FOLDERS.flatMap((folder) =>
    fs
      .readdirSync(path.join(tree, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name}`)
      .filter((name) => fs.lstatSync(path.join(tree, name)).isDirectory()),
  );
  return [...new Set([...FOLDERS, ...below])].sort().map((folder) => `%dir %attr(0755,root,root) /${folder}`);
}

/** As the `%files` of a spec file has it. */
function entry(tree: string, file: string): string {
  const stat = fs.lstatSync(path.join(tree, file));
  const mode = stat.isSymbolicLink() ? '' : `%attr(0${(stat.mode & 0o777).toString(8)},root,root) `;
  return `${kind(file)}${mode}/${file}`;
}

function kind(file: string): string {
  if (file.startsWith('etc/')) return '%config(noreplace) ';
  if (file === LICENSE) return '%license ';
  return file.startsWith('usr/share/doc/') || file.startsWith('usr/share/man/') ? '%doc ' : '';
}

/** The head of the spec file's changelog. */
function changed({ version, epochSeconds }: PackageOrder): string {
  const [weekday = '', day, month, year] = new Date(epochSeconds * 1000).toUTCString().split(' ');
  return `${weekday.slice(0, 3)} ${month} ${day} ${year} ${MAINTAINER} - ${version}-1`;
}
