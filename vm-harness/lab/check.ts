import { isDeepStrictEqual } from 'node:util';
import { BYSTANDER_VG, VG } from './layouts.ts';
import { geometries, lvMaps, payloadProblems } from './payload.ts';
import type { LabWorld } from './world.ts';

/**
 * What is still wrong with a world after its repair; empty when it is right. Asks the real lvm, the
 * bytes of the metadata areas and the filesystems in the LVs; nothing of the product.
 */
export function repairProblems(world: LabWorld): string[] {
  world.detach();
  return [...lvmProblems(world), ...metadataAreaProblems(world), ...truthProblems(world)];
}

function lvmProblems(world: LabWorld): string[] {
  const problems: string[] = [];
  for (const pv of world.report('pvs', 'pv_name,vg_name,pv_missing')) {
    if (pv.pv_missing !== '') problems.push(`pvs: ${world.diskOf(pv.pv_name ?? '')} is missing`);
  }
  for (const vg of world.report('vgs', 'vg_name,vg_missing_pv_count,vg_exported')) {
    if (vg.vg_missing_pv_count !== '0')
      problems.push(`vgs: ${vg.vg_name} lacks ${vg.vg_missing_pv_count} PVs`);
  }
  for (const lv of world.report('lvs', 'lv_full_name,lv_attr', ['--all'])) {
    if (lv.lv_attr?.[8] === 'p') problems.push(`lvs: ${lv.lv_full_name} is partial`);
  }
  const quiet = /Activation disabled/;
  const said = world.tryLvm(['vgs'], { archive: false });
  for (const line of said.stderr.split('\n')) {
    if (line.trim() !== '' && !quiet.test(line)) problems.push(`vgs says: ${line.trim()}`);
  }
  const check = world.tryLvm(['vgck', VG], { archive: false });
  if (check.status !== 0) problems.push(`vgck: ${check.status} ${check.stderr}`);
  return problems;
}

/** lvm is silent on most damage, so the bytes are read: every used area must hold the same text. */
function metadataAreaProblems(world: LabWorld, vg: string = VG): string[] {
  const problems: string[] = [];
  const members = world.report('pvs', 'pv_name,vg_name').filter((pv) => pv.vg_name === vg);
  const texts = new Set<string>();
  const disks = members.map((pv) => world.diskOf(pv.pv_name ?? ''));
  world.detach();
  for (const disk of disks) {
    const pv = world.tryPv(disk);
    if (pv === null) {
      problems.push(`${disk}: no label`);
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
  for (const vg of world.report('vgs', 'vg_name,vg_tags')) {
    const expected = world.truth.tags[vg.vg_name ?? ''];
    const tags = (vg.vg_tags ?? '')
      .split(',')
      .filter((tag) => tag !== '')
      .sort();
    if (expected !== undefined && !isDeepStrictEqual(tags, expected))
      problems.push(`${vg.vg_name}: tags ${tags}, not ${expected}`);
  }
  for (const name of Object.keys(world.truth.payload)) {
    if (!name.startsWith(`${BYSTANDER_VG}/`)) problems.push(...payloadProblems(world, name, maps, places));
  }
  return problems;
}
