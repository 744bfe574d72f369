import fs from 'node:fs';
import path from 'node:path';
import { run } from '../build/run.ts';
import type { NodePackage } from '../build/toolchain.ts';
import { type Component, licenses, purl, sha256Of } from './document.ts';

/** Numbers of interfaces, not of parts; and Node itself. */
const notParts = ['modules', 'napi', 'node'];
const data = ['cldr', 'tz', 'unicode'];
/** Under which vendor and product the CVE lists know a part. */
const products: Readonly<Record<string, string>> = {
  ares: 'c-ares:c-ares',
  brotli: 'google:brotli',
  icu: 'unicode:international_components_for_unicode',
  llhttp: 'llhttp:llhttp',
  nghttp2: 'nghttp2:nghttp2',
  nghttp3: 'nghttp3:nghttp3',
  ngtcp2: 'ngtcp2:ngtcp2',
  node: 'nodejs:node.js',
  openssl: 'openssl:openssl',
  sqlite: 'sqlite:sqlite',
  undici: 'nodejs:undici',
  uv: 'libuv:libuv',
  v8: 'google:v8',
  zlib: 'zlib:zlib',
  zstd: 'facebook:zstandard',
};

/**
 * Node with its bundled parts, as Node itself lists them.
 *
 * @param sameVersion a Node of that version that runs on this machine; the official builds of one version for all
 * processors are made from the same sources
 */
export function nodeComponent(node: NodePackage, sameVersion: string): Component {
  const versions = JSON.parse(run(sameVersion, ['-p', 'JSON.stringify(process.versions)'])) as Record<
    string,
    string
  >;
  if (versions.node !== node.version)
    throw new Error(`${sameVersion} is Node ${versions.node}, not ${node.version}`);
  const reference = purl('github', ['nodejs', 'node'], `v${node.version}`);
  const parts = Object.keys(versions)
    .filter((name) => !notParts.includes(name))
    .sort();
  return {
    type: 'platform',
    'bom-ref': reference,
    name: 'node',
    version: node.version,
    hashes: sha256Of(fs.readFileSync(path.join(node.folder, 'bin/node'))),
    licenses: licenses('MIT'),
    ...cpe('node', node.version),
    purl: reference,
    components: parts.map((name) => ({
      type: data.includes(name) ? 'data' : 'library',
      'bom-ref': `${reference}#${name}`,
      name,
      version: versions[name] ?? '',
      ...cpe(name, versions[name] ?? ''),
    })),
    properties: [
      { name: 'lvmedic:npm-package', value: `${node.name}@${node.version}` },
      { name: 'lvmedic:npm-integrity', value: node.integrity },
    ],
  };
}

/** Common Platform Enumeration 2.3. Versions like `1.2-node.3` are of Node's own copies. */
function cpe(name: string, version: string): { cpe?: string } {
  const product = products[name];
  const plain = version.replace(/-node\.\d+$/, '').replace(/[^\w.]/g, '\\$&');
  return product === undefined ? {} : { cpe: `cpe:2.3:a:${product}:${plain}:*:*:*:*:*:*:*` };
}
