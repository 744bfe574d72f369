import fs from 'node:fs';
import { sourceDateEpoch } from '../build/epoch.ts';
import { debianComponents, packagesOfList } from './debian.ts';
import { billOfMaterials, type Component, licenses, purl, sha256Of } from './document.ts';

/**
 * The bill of materials of the rescue image: Debian's packages on it, and the program with all of its own.
 *
 * @param list what scripts/iso.ts wrote about Debian's packages
 * @param programBom that of the program on the image
 */
export function isoBom(root: string, iso: string, list: string, programBom: string): string {
  const program = JSON.parse(programBom) as {
    metadata: { component: Component };
    components: readonly Component[];
    formulation: readonly { components: readonly Component[] }[];
  };
  const { component } = program.metadata;
  const version = component.version ?? '';
  const reference = purl('generic', ['lvmedic-rescue'], version, { arch: 'amd64' });
  return billOfMaterials({
    component: {
      type: 'operating-system',
      'bom-ref': reference,
      name: 'lvmedic-rescue',
      version,
      hashes: sha256Of(fs.readFileSync(iso)),
      licenses: licenses('Apache-2.0'),
      purl: reference,
    },
    components: [...debianComponents(packagesOfList(list)), { ...component, components: program.components }],
    tools: program.formulation.flatMap(({ components }) => components),
    epochSeconds: sourceDateEpoch(root),
  });
}
