import {
  occupiedRuns,
  overlaps,
  type PvRun,
  runsOf,
  snapshotTies,
  topLevelLvs,
} from '../../model/extents.ts';
import type { LvSection, VgMetadata } from '../../model/metadata.ts';
import type { Survey } from '../../model/survey.ts';
import type { Member } from './pieces.ts';
import type { VolumeGroupView } from './view.ts';

const SECTOR_BYTES = 512;
const MAX_SEQNO = 2 ** 32 - 16;

/** Segment types whose text we can carry over without losing what it means (lvm2 `lib/…/*_segtype`). */
const KNOWN_SEGMENT_TYPES =
  /^(striped|linear|mirror|raid(0|0_meta|1|4|5|5_n|5_la|5_ra|5_ls|5_rs|6|6_nc|6_nr|6_zr|6_n_6|6_la_6|6_ra_6|6_ls_6|6_rs_6|10|10_near)|snapshot|thin|thin-pool|cache|cache-pool|writecache|integrity|vdo|vdo-pool|error|zero)$/;
/** lvm2 `lib/format_text/flags.c`. */
const KNOWN_FLAGS = new Set(
  (
    'EXPORTED RESIZEABLE RESIZABLE PVMOVE CLUSTERED SHARED PARTIAL_VG PRECOMMITTED ARCHIVED_VG READ WRITE ' +
    'LVM_READ LVM_WRITE ALLOCATABLE MISSING PARTIAL FIXED_MINOR VISIBLE LOCKED NOTSYNCED REBUILD RESHAPE ' +
    'RESHAPE_DELTA_DISKS_MINUS RESHAPE_DELTA_DISKS_PLUS REMOVE_AFTER_RESHAPE WRITEMOSTLY ACTIVATION_SKIP ' +
    'ERROR_WHEN_FULL METADATA_FORMAT LV_NOTSYNCED LV_REBUILD MIRROR_NOTSYNCED LV_WRITE_LOCKED ' +
    'NO_AUTOACTIVATE NOAUTOACTIVATE CROP_METADATA CACHE_USES_CACHEVOL'
  ).split(' '),
);
const LVM_NAME = /^(?!-)(?!\.{1,2}$)[a-zA-Z0-9+_.-]{1,127}$/;

/** Reasons not to touch a VG at all, whatever its faults: what lvmedic does not understand, it declines. */
export function blockersOf(view: VolumeGroupView, survey: Survey): string[] {
  const metadata = view.base.metadata;
  return [
    ...notUnderstood(metadata),
    ...conflicts(view.members),
    ...inUse(view, survey),
    ...misfits(view),
    ...(view.seqnoSeen >= MAX_SEQNO
      ? [`its seqno ${view.seqnoSeen} leaves no room for a newer generation`]
      : []),
    ...(survey.machine.lvm === null
      ? ['no lvm was found on this machine; give its path with --lvm PATH']
      : []),
  ];
}

/** What of a generation lvmedic does not understand, as sentences. */
export function notUnderstood(metadata: VgMetadata): string[] {
  const types = new Set(metadata.lvs.flatMap((lv) => lv.segments.map((segment) => segment.type)));
  const unknownTypes = [...types].filter((type) => !KNOWN_SEGMENT_TYPES.test(type.split('+')[0] ?? ''));
  const flags = new Set(
    [metadata, ...metadata.pvs, ...metadata.lvs].flatMap((each) => [...each.status, ...each.flags]),
  );
  const unknownFlags = [...flags].filter((flag) => !KNOWN_FLAGS.has(flag));
  const moving = metadata.lvs.filter((lv) => lv.status.includes('PVMOVE') || /^pvmove\d+$/.test(lv.name));
  const shared =
    metadata.lockType !== null && metadata.lockType !== 'none' ? `lock type ${metadata.lockType}` : null;
  const clustered = metadata.status.some((flag) => flag === 'CLUSTERED' || flag === 'SHARED')
    ? 'the CLUSTERED flag'
    : null;
  return [
    ...unknownTypes.map(
      (type) => `unknown segment type "${type}": lvmedic cannot tell what a repair would do to it`,
    ),
    ...unknownFlags.map((flag) => `unknown flag "${flag}": lvmedic cannot tell what a repair would do to it`),
    ...moving.map((lv) => `a pvmove is in progress (${lv.name}): let it finish or abort it first`),
    ...[shared, clustered].flatMap((sign) =>
      sign === null ? [] : [`it is shared with other hosts (${sign}): repair it from its cluster`],
    ),
    ...(metadata.systemId ? [`it belongs to another host (system id "${metadata.systemId}")`] : []),
    ...(metadata.status.includes('EXPORTED') ? ['it is exported: import it first (lvm vgimport)'] : []),
    ...[metadata.name, ...metadata.lvs.map((lv) => lv.name)]
      .filter((name) => !LVM_NAME.test(name))
      .map((name) => `"${name}" is no name that lvm would give`),
  ];
}

function conflicts(members: readonly Member[]): string[] {
  return members.flatMap((member) => {
    const devices = member.candidates.map((region) => region.id).join(' and ');
    if (member.standing === 'duplicate') {
      return [
        `PV id ${member.section.uuid} is on several devices: ${devices}. Detach the copy, or name the right disks as TARGETs`,
      ];
    }
    if (member.standing === 'taken')
      return [`PV ${member.section.uuid} (${devices}) belongs to another volume group now`];
    return [];
  });
}

function inUse(view: VolumeGroupView, survey: Survey): string[] {
  return survey.machine.activeLvs
    .filter((lv) => lv.vgUuid === view.ref.uuid && lv.open)
    .map((lv) => `${lv.name} is open (${lv.heldBy ?? 'in use'}): unmount or stop what uses it first`);
}

/** Extents that leave their PV, or that two LVs claim. */
function misfits(view: VolumeGroupView): string[] {
  const { metadata } = view.base;
  const tooSmall = view.members.flatMap(({ section, region }) => {
    if (region === null) return [];
    const endBytes = (section.peStartSectors + section.peCount * metadata.extentSizeSectors) * SECTOR_BYTES;
    return endBytes > region.sizeBytes
      ? [
          `${region.id} is smaller (${region.sizeBytes} bytes) than its extents need (${endBytes}): restore it at its full size`,
        ]
      : [];
  });
  return [...tooSmall, ...mapErrors(metadata)];
}

/** What is impossible in a generation's extent map, as sentences. */
export function mapErrors(metadata: VgMetadata): string[] {
  const peCount = new Map(metadata.pvs.map((pv) => [pv.uuid, pv.peCount]));
  const runs = occupiedRuns(metadata).sort(
    (a, b) => a.pvUuid.localeCompare(b.pvUuid) || a.startExtent - b.startExtent,
  );
  const outside = runs.filter((run) => run.startExtent + run.extentCount > (peCount.get(run.pvUuid) ?? 0));
  const clashes = runs.filter((run, index) => index > 0 && overlaps(run, runs[index - 1] as PvRun));
  const nameOf = (run: PvRun) => metadata.lvs.find((lv) => lv.uuid === run.lvUuid)?.name ?? run.lvUuid;
  return [
    ...outside.map((run) => `${nameOf(run)} needs extents beyond the end of PV ${run.pvUuid}`),
    ...clashes.map((run) => `two LVs claim the same extents of PV ${run.pvUuid} (${nameOf(run)} is one)`),
  ];
}

/** Names of the top-level LVs that lvm calls partial while these PVs are absent. */
export function lvsAffectedBy(pvUuids: ReadonlySet<string>, metadata: VgMetadata): string[] {
  const needing = lvsNeeding(pvUuids, metadata);
  return topLevelLvs(metadata)
    .filter((lv) => needing.has(lv))
    .map((lv) => lv.name);
}

/**
 * LVs with a part on one of these PVs, themselves or through what they stand on. From the PVs upward, each LV once: a
 * text can pile any number of LVs on each other.
 */
export function lvsNeeding(pvUuids: ReadonlySet<string>, metadata: VgMetadata): Set<LvSection> {
  const above = new Map<string, LvSection[]>();
  const ties = snapshotTies(metadata);
  for (const lv of metadata.lvs) {
    for (const name of new Set([...namesBelow(lv), ...(ties.get(lv.name) ?? [])])) {
      const users = above.get(name);
      if (users === undefined) above.set(name, [lv]);
      else users.push(lv);
    }
  }
  const found = new Set(
    metadata.lvs.filter((lv) => runsOf(lv, metadata).some((run) => pvUuids.has(run.pvUuid))),
  );
  // A set gives what is added while it is gone through, too.
  for (const lv of found) for (const user of above.get(lv.name) ?? []) found.add(user);
  return found;
}

function namesBelow({ segments }: LvSection): Set<string> {
  return new Set(
    segments.flatMap(({ areas, dependsOn }) => [
      ...areas.filter((area) => area.on === 'lv').map((area) => area.name),
      ...dependsOn,
    ]),
  );
}
