import { isVisible, occupiedRuns, overlaps, type PvRun, pvsNeededBy } from '../../model/extents.ts';
import type { VgMetadata } from '../../model/metadata.ts';
import type { Survey } from '../../model/survey.ts';
import type { Member } from './pieces.ts';
import type { VolumeGroupView } from './view.ts';

const SECTOR_BYTES = 512;
const MAX_AREA_BYTES = 512 * 1024 * 1024;
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
    ...tooLarge(view),
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

/** The way back keeps whole areas: one that claims gigabytes is a lie or beyond what lvmedic was made for. */
function tooLarge(view: VolumeGroupView): string[] {
  const areas = view.members.flatMap(({ region }) =>
    (region?.pv.metadataAreas ?? [])
      .filter((area) => area.headerGood && area.sizeBytes > MAX_AREA_BYTES)
      .map((area) => `a metadata area of ${region?.id} claims ${area.sizeBytes} bytes`),
  );
  const heads = view.texts
    .flatMap((text) => text.metadata.pvs)
    .filter((pv) => pv.peStartSectors * SECTOR_BYTES > MAX_AREA_BYTES)
    .map((pv) => `the first extent of PV ${pv.uuid} is said to begin at sector ${pv.peStartSectors}`);
  return [...new Set([...areas, ...heads])].map((claim) => `${claim}, more than can be kept to undo`);
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

/** Names of the top-level LVs that would lack data while these PVs are absent. */
export function lvsAffectedBy(pvUuids: ReadonlySet<string>, metadata: VgMetadata): string[] {
  return metadata.lvs
    .filter(isVisible)
    .filter((lv) => [...pvsNeededBy(lv, metadata)].some((uuid) => pvUuids.has(uuid)))
    .map((lv) => lv.name);
}
