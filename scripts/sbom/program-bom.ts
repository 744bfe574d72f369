import fs from 'node:fs';
import path from 'node:path';
import { lockedPackage } from '../build/amd64.ts';
import type { Contents } from '../build/contents.ts';
import { sourceDateEpoch } from '../build/epoch.ts';
import { hostPackagesOf } from '../build/host-packages.ts';
import type { BundledPackage } from '../build/notices.ts';
import { tryRun } from '../build/run.ts';
import type { OwningPackage } from '../build/toolchain.ts';
import { debianComponents, fileComponent } from './debian.ts';
import { billOfMaterials, type Component, licenses, purl, sha256Of } from './document.ts';
import { nodeComponent } from './node-parts.ts';

const npmTools = ['esbuild', '@yao-pkg/pkg', 'postject'];

/** The bill of materials of one program, in CycloneDX 1.6: everything that really went into it. */
export function programBom(contents: Contents): string {
  const { root, version, program, toolchain, packages } = contents;
  const reference = purl('generic', ['lvmedic'], version, { arch: toolchain.arch });
  const component: Component = {
    type: 'application',
    'bom-ref': reference,
    name: 'lvmedic',
    version,
    hashes: sha256Of(fs.readFileSync(program)),
    licenses: licenses('Apache-2.0'),
    purl: reference,
  };
  return billOfMaterials({
    component,
    components: [
      nodeComponent(toolchain.nodePackage, process.execPath),
      ...libraryComponents(contents),
      ...npmComponents(packages),
    ],
    tools: [
      ...npmTools.map((name) => npmComponent({ ...lockedPackage(root, name), license: undefined })),
      ...debianComponents(toolPackages([toolchain.compiler[0] ?? '', 'gcc', toolchain.strip])),
    ],
    epochSeconds: sourceDateEpoch(root),
  });
}

/** By package; a file that came in none stands for itself. */
function libraryComponents({ libraries, owners }: Contents): Component[] {
  const byPackage = Map.groupBy(libraries, (file) => keyOf(owners.get(file)));
  return [...byPackage].flatMap(([key, files]) => {
    const owner = owners.get(files[0] ?? '');
    if (owner !== undefined) return debianComponents([owner], () => files);
    return files.map((file) => ({ ...fileComponent(file), 'bom-ref': `${key}:${path.basename(file)}` }));
  });
}

function keyOf(owner: OwningPackage | undefined): string {
  return owner === undefined ? 'file' : `${owner.name}:${owner.architecture}`;
}

/** One version that lies in several folders is one component. */
function npmComponents(packages: readonly BundledPackage[]): Component[] {
  const components = packages.map(npmComponent);
  return [...new Map(components.map((each) => [each['bom-ref'], each])).values()];
}

function npmComponent({
  name,
  version,
  license,
  integrity,
}: Pick<BundledPackage, 'name' | 'version' | 'integrity'> & {
  readonly license: string | undefined;
}): Component {
  const [first = '', second] = name.split('/');
  const reference = purl('npm', name.split('/'), version);
  const [, digest] = /^sha512-(\S+)$/.exec(integrity) ?? [];
  return {
    type: 'library',
    'bom-ref': reference,
    ...(second === undefined ? { name: first } : { group: first, name: second }),
    version,
    ...(digest === undefined
      ? {}
      : { hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }] }),
    ...(license === undefined ? {} : { licenses: licenses(license) }),
    purl: reference,
  };
}

function toolPackages(commands: readonly string[]): OwningPackage[] {
  const files = commands.flatMap(
    (command) => tryRun('sh', ['-c', 'command -v "$1"', 'sh', command])?.trim() || [],
  );
  const packages = hostPackagesOf([...new Set(files.map((file) => fs.realpathSync(file)))]);
  return [...new Map([...packages.values()].map((each) => [keyOf(each), each])).values()];
}
