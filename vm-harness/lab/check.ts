import { isDeepStrictEqual } from 'node:util';
import { groupsOn } from './groups.ts';
import { BYSTANDER_VG, VG } from './layouts.ts';
import { since } from './lvm-tool.ts';
import { geometries, lvMaps, payloadProblems } from './payload.ts';
import type { LabWorld } from './world.ts';

/**
 * What is still wrong with a world after its repair; empty when it is right. The bytes are read first, with a reader of the
 * harness's own, and the filesystems; then lvm is asked, which must not have changed a byte by its looking. Nothing of the
 * product.
 */
export function repairProblems(world: LabWorld): string[] {
  world.detach();
  const before = world.fingerprint();
  const byBytes = [...metadataAreaProblems(world), ...truthProblems(world)];
  const byLvm = lvmProblems(world);
  world.detach();
  const touched = isDeepStrictEqual(world.fingerprint(), before) ? [] : ['the look of lvm changed a disk'];
  return [...byBytes, ...byLvm, ...touched];
}

function lvmProblems(world: LabWorld): string[] {
  const problems: string[] = [];
  for (const pv of world.report('pvs', 'pv_name,vg_name,pv_attr')) {
    if (pv.pv_attr?.includes('m')) problems.push(`pvs: ${world.diskOf(pv.pv_name ?? '')} is missing`);
  }
  const seen = world.report('vgs', 'vg_name,vg_seqno,vg_attr');
  for (const vg of seen) if (vg.vg_attr?.[3] === 'p') problems.push(`vgs: ${vg.vg_name} lacks PVs`);
  for (const lv of world.report('lvs', 'vg_name,lv_name,lv_attr', ['--all'])) {
    if (lv.lv_attr?.[8] === 'p') problems.push(`lvs: ${lv.vg_name}/${lv.lv_name} is partial`);
  }
  for (const { name, seqno } of groupsOn(world).values()) {
    const bylvm = seen.find((vg) => vg.vg_name === name)?.vg_seqno;
    if (bylvm !== String(seqno)) problems.push(`vgs: ${name} at ${bylvm}, the disks say ${seqno}`);
  }
  const said = world.tryLvm(['vgs', ...(since('2.03.0') ? ['--readonly'] : [])], {
    archive: false,
    readOnly: true,
  });
  for (const line of said.stderr.split('\n')) {
    if (line.trim() !== '' && !QUIET.test(line)) problems.push(`vgs says: ${line.trim()}`);
  }
  const check = world.tryLvm(['vgck', VG], { archive: false, readOnly: true });
  // Without write locks 2.02 has no vgck.
  if (check.status !== 0 && since('2.03.0')) problems.push(`vgck: ${check.status} ${check.stderr}`);
  return problems;
}

/** What lvm says of this machine, not of the disks: no device-mapper, and headers of older lvm. */
const QUIET =
  /Activation disabled|is using an old PV header|Read-only locking type|metadata update is NOT backed up/;

/** lvm is silent on most damage, so the bytes are read: every used area must hold the same text. */
function metadataAreaProblems(world: LabWorld, vg: string = VG): string[] {
  const problems: string[] = [];
  const group = groupsOn(world).get(vg);
  if (group === undefined) return [`${vg} is on none of the disks`];
  const texts = new Set<string>();
  for (const disk of group.disks) {
    const pv = disk === null ? null : world.tryPv(disk);
    if (pv === null) {
      problems.push(`${vg}: a PV of it has its label on none of the disks`);
      continue;
    }
    if (!pv.labelGood) problems.push(`${disk}: label CRC`);
    for (const mda of pv.mdas) {
      if (!mda.headerGood) problems.push(`${disk}: metadata area header at ${mda.offsetBytes}`);
      if (mda.ignored) continue;
      if (!mda.crcGood) problems.push(`${disk}: metadata text in the area at ${mda.offsetBytes}`);
      texts.add(mda.text ?? '');
    }
  }
  if (texts.size !== 1) problems.push(`the metadata areas of ${vg} hold ${texts.size} different texts`);
  if ([...texts].some((text) => text.includes('"MISSING"'))) problems.push(`${vg}: a PV is called MISSING`);
  return problems;
}

function truthProblems(world: LabWorld): string[] {
  const problems: string[] = [];
  const maps = lvMaps(world);
  const places = geometries(world);
  for (const name of new Set([...Object.keys(maps), ...Object.keys(world.truth.lvs)])) {
    if (!isDeepStrictEqual(maps[name], world.truth.lvs[name])) {
      problems.push(
        `${name}: extents ${JSON.stringify(maps[name])}, not ${JSON.stringify(world.truth.lvs[name])}`,
      );
    }
  }
  for (const { name, tags } of groupsOn(world).values()) {
    const expected = world.truth.tags[name];
    if (expected !== undefined && !isDeepStrictEqual(tags, expected))
      problems.push(`${name}: tags ${tags}, not ${expected}`);
  }
  for (const name of Object.keys(world.truth.payload)) {
    if (!name.startsWith(`${BYSTANDER_VG}/`)) problems.push(...payloadProblems(world, name, maps, places));
  }
  return problems;
}
