import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lab/host.ts';

/** Of RPMs that stand for those of a distribution: their files are taken as they are. */
const AS_THEY_ARE = `
%global debug_package %{nil}
%global __os_install_post %{nil}
%global _build_id_links none
%global _binary_payload w1.gzdio
`;

/**
 * Builds the RPMs of a spec file, NAME.rpm, in a folder. What is defined may name a tree that the spec file copies.
 *
 * @throws with all that rpmbuild said, when it fails
 */
export function buildStandIns(
  spec: string,
  folder: string,
  defined: Readonly<Record<string, string>> = {},
): void {
  const top = join(folder, 'build');
  const file = join(folder, 'stand-ins.spec');
  writeFileSync(file, AS_THEY_ARE + spec);
  const macros = { ...defined, _topdir: top, _rpmdir: folder, _build_name_fmt: '%%{NAME}.rpm' };
  run('rpmbuild', [
    ...['-bb', '--quiet'],
    ...Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]),
    file,
  ]);
  rmSync(file);
  rmSync(top, { recursive: true });
}
