import { createHash } from 'node:crypto';

/** What we use of CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/. */
export interface Component {
  readonly type: 'application' | 'data' | 'file' | 'library' | 'operating-system' | 'platform';
  readonly 'bom-ref'?: string;
  readonly group?: string;
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  readonly hashes?: readonly { readonly alg: 'SHA-256' | 'SHA-512'; readonly content: string }[];
  readonly licenses?: readonly License[];
  readonly cpe?: string;
  readonly purl?: string;
  readonly components?: readonly Component[];
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

type License = { readonly license: { readonly id: string } } | { readonly expression: string };

/** What a bill of materials is about, and what is in it. */
export interface Subject {
  readonly component: Component;
  /** All of them are in the subject itself. */
  readonly components: readonly Component[];
  /** What it was made with, and is not in it. */
  readonly tools: readonly Component[];
  /** Seconds since 1970. */
  readonly epochSeconds: number;
}

/** An SPDX expression, or one licence. */
export function licenses(spdx: string): readonly License[] {
  return /[\s(]/.test(spdx) ? [{ expression: spdx }] : [{ license: { id: spdx } }];
}

/** A package URL, https://github.com/package-url/purl-spec; `path` is the namespace and the name, neither encoded. Empty qualifiers are left out. */
export function purl(
  type: string,
  path: readonly string[],
  version: string,
  qualifiers: Readonly<Record<string, string>> = {},
): string {
  const encode = (text: string) => encodeURIComponent(text).replaceAll('%3A', ':');
  const query = Object.entries(qualifiers)
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${encode(value)}`);
  const base = `pkg:${type}/${path.map(encode).join('/')}@${encode(version)}`;
  return query.length > 0 ? `${base}?${query.join('&')}` : base;
}

/** Hex digest, as the format wants it. */
export function sha256Of(content: Buffer): NonNullable<Component['hashes']> {
  return [{ alg: 'SHA-256', content: createHash('sha256').update(content).digest('hex') }];
}

/** The document's text: the same subject gives the same bytes. */
export function billOfMaterials({ component, components, tools, epochSeconds }: Subject): string {
  const inside = [...components].sort(byReference);
  const references = inside.map((each) => each['bom-ref'] ?? '');
  const content = {
    version: 1,
    metadata: {
      timestamp: new Date(epochSeconds * 1000).toISOString().replace('.000Z', 'Z'),
      component,
    },
    components: inside,
    dependencies: [
      { ref: component['bom-ref'], dependsOn: references },
      ...references.map((ref) => ({ ref })),
    ],
    formulation: [{ components: [...tools].sort(byReference) }],
  };
  const schema = 'http://cyclonedx.org/schema/bom-1.6.schema.json';
  const head = { $schema: schema, bomFormat: 'CycloneDX', specVersion: '1.6' };
  const document = { ...head, serialNumber: `urn:uuid:${uuidOf(JSON.stringify(content))}`, ...content };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function byReference(a: Component, b: Component): number {
  return (a['bom-ref'] ?? '') < (b['bom-ref'] ?? '') ? -1 : 1;
}

/** Version 8 of RFC 9562, whose bits are ours to choose: by content, so that other content has another number. */
function uuidOf(content: string): string {
  const bytes = createHash('sha256').update(content).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
