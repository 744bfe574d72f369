import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundledPackages, readNotices } from '../../scripts/build/notices.ts';
import { debianComponents, packagesOfList } from '../../scripts/sbom/debian.ts';
import { billOfMaterials, purl } from '../../scripts/sbom/document.ts';
import { matchingParts, partsOf } from '../../scripts/sbom/parts.ts';

const list = [
  'base-files\t13.8+deb13u1\tbase-files\t13.8+deb13u1\tusr/share/doc/base-files/copyright',
  'libssl3t64\t3.5.1-1+deb13u1\topenssl\t3.5.1-1+deb13u1\tusr/share/doc/libssl3t64/copyright',
  'dmsetup\t2:1.02.205-2\tlvm2\t2.03.31-2\tusr/share/doc/dmsetup/copyright',
].join('\n');

function document(): string {
  const reference = purl('generic', ['lvmedic'], '1.0.0');
  return billOfMaterials({
    component: {
      type: 'application',
      'bom-ref': reference,
      name: 'lvmedic',
      version: '1.0.0',
      purl: reference,
    },
    components: debianComponents(packagesOfList(list)),
    tools: [],
    epochSeconds: 1_700_000_000,
  });
}

/** What the format's own schema has against it. */
async function complaints(text: string): Promise<unknown> {
  return new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
}

describe('a list of parts', () => {
  test('is CycloneDX 1.6, and says so to its schema', async () => {
    expect(await complaints(document())).toBeNull();
    expect(await complaints(document().replace('"components"', '"komponents"'))).not.toBeNull();
  });

  test('has the same bytes for the same parts, and another number for others', () => {
    expect(document()).toBe(document());
    const other = document().replaceAll('3.5.1', '3.5.2');
    expect(other).not.toBe(document());
    const numberOf = (parts: string) =>
      JSON.parse(
        billOfMaterials({
          component: { type: 'application', name: 'x' },
          components: debianComponents(packagesOfList(parts)),
          tools: [],
          epochSeconds: 0,
        }),
      ).serialNumber;
    expect(numberOf(list)).not.toBe(numberOf(list.replaceAll('3.5.1', '3.5.2')));
  });

  test("names Debian's packages as scanners look for them", () => {
    expect(debianComponents(packagesOfList(list)).map((each) => each.purl)).toEqual([
      'pkg:deb/debian/base-files@13.8%2Bdeb13u1?distro=debian-13',
      'pkg:deb/debian/libssl3t64@3.5.1-1%2Bdeb13u1?distro=debian-13',
      'pkg:deb/debian/dmsetup@2:1.02.205-2?distro=debian-13',
    ]);
    expect(purl('npm', ['@inkjs', 'ui'], '2.0.0')).toBe('pkg:npm/%40inkjs/ui@2.0.0');
  });

  test('is searched by the name of a part or of its source', () => {
    const found = (word: string) => matchingParts(partsOf(document()), [word]).map(({ name }) => name);
    expect(found('OpenSSL')).toEqual(['libssl3t64']);
    expect(found('lvm2')).toEqual(['dmsetup']);
    expect(found('log4j')).toEqual([]);
  });
});

describe('NOTICE', () => {
  let folder: string;

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-notice-'));
    fs.mkdirSync(path.join(folder, 'node_modules/left'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'package-lock.json'), '{"packages":{}}');
    const manifest = { name: 'left', version: '1.2.3', license: 'ISC' };
    fs.writeFileSync(path.join(folder, 'node_modules/left/package.json'), JSON.stringify(manifest));
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  function withNotice(lines: string) {
    fs.writeFileSync(
      path.join(folder, 'NOTICE'),
      `x\n\nIn the program (npm packages)\n\n${lines}\n\n\nThe MIT licence\n`,
    );
    return () => bundledPackages(folder, ['node_modules/left']);
  }

  test('must name every bundled package', () => {
    expect(withNotice('  right                  ISC. Copyright (c) Nobody')).toThrow(
      /left 1\.2\.3 \(ISC\): add it/,
    );
  });

  test('must name the licence that the package itself names', () => {
    expect(withNotice('  left                   MIT. Copyright (c) Nobody')).toThrow(
      /under ISC, and NOTICE says MIT/,
    );
    const [bundled] = withNotice(
      '  left                   ISC. Copyright (c) Nobody,\n                         2020',
    )();
    expect(bundled).toMatchObject({ name: 'left', license: 'ISC', copyright: 'Copyright (c) Nobody, 2020' });
  });

  test('agrees with each package in node_modules that it names', () => {
    const named = [...readNotices(fs.readFileSync('NOTICE', 'utf8')).keys()];
    expect(named.length).toBeGreaterThan(30);
    const folders = named.map((name) => `node_modules/${name}`).filter((each) => fs.existsSync(each));
    expect(() => bundledPackages(process.cwd(), folders)).not.toThrow();
  });
});
