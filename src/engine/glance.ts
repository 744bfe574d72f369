import { type VolumeGroupView, volumeGroups } from '../faults/volume-group/view.ts';
import { extentBytes, isVisible, lvSizeExtents, pvsNeededBy } from '../model/extents.ts';
import type { Finding } from '../model/finding.ts';
import type { VgMetadata } from '../model/metadata.ts';
import type { Goal, VgPlan } from '../model/plan.ts';
import { allRegions, type Disk, type Region, type Survey } from '../model/survey.ts';
import { bootState } from './boot/bring-up.ts';
import { isFault } from './diagnose.ts';
import type { Known } from './look.ts';

/** The machine as people see it: disks, what stands on them, and what that makes up. All pure. */
export interface Glance {
  readonly disks: readonly GlanceDisk[];
  readonly groups: readonly GroupGlance[];
}

export interface GlanceDisk {
  readonly path: string;
  readonly sizeBytes: number;
  readonly parts: readonly GlancePart[];
}

/** A partition, or the disk itself where it has none. */
export interface GlancePart {
  readonly name: string;
  readonly sizeBytes: number;
  /** Whether this is the disk itself. */
  readonly isWholeDisk: boolean;
  /** The volume group whose physical volume this is; null where it is none, or that is not known. */
  readonly group: string | null;
  readonly isPhysicalVolume: boolean;
  /** `ext4`, `crypto_LUKS`…, where it is no physical volume. */
  readonly content: readonly string[];
  /** Findings about this very place. */
  readonly findingIds: readonly string[];
}

/** A volume group: as it stands, or as a plan would leave it. */
export interface GroupGlance {
  readonly name: string;
  readonly uuid: string;
  /** Null where it is not known. */
  readonly generation: number | null;
  /** Findings about it, but for what merely follows from others. */
  readonly findingIds: readonly string[];
  readonly physicalVolumes: readonly PhysicalVolumeGlance[];
  readonly volumes: readonly VolumeGlance[];
}

export interface PhysicalVolumeGlance {
  readonly uuid: string;
  /** Null when it is on none of the disks, or nobody can tell on which. */
  readonly place: string | null;
  /** Where it may be, when nobody can tell. */
  readonly claimants: readonly string[];
  readonly findingIds: readonly string[];
}

export interface VolumeGlance {
  readonly name: string;
  readonly sizeBytes: number;
  /** The places of its physical volumes; null for one that is on none of the disks. */
  readonly places: readonly (string | null)[];
  /**
   * `active`; `whole`: all of it is there; `held-back`: all of it is there, but a physical volume that it needs is not
   * in order; `incomplete`: a part of it is not there.
   */
  readonly state: 'active' | 'whole' | 'held-back' | 'incomplete';
  /** Boot waits for it. */
  readonly isAwaited: boolean;
}

export function glanceAt({ survey, findings }: Known): Glance {
  const faults = findings.filter(isFault);
  return {
    disks: survey.disks.map((disk) => glanceDisk(disk, survey, faults)),
    groups: volumeGroups(survey).map((view) => groupNow(view, survey, faults)),
  };
}

function glanceDisk(disk: Disk, survey: Survey, faults: readonly Finding[]): GlanceDisk {
  const isPartitioned = disk.regions.some(({ partition }) => partition !== null);
  const parts = disk.regions.filter(({ partition }) => partition !== null || !isPartitioned);
  return {
    path: disk.path,
    sizeBytes: disk.sizeBytes,
    parts: parts.map((region) => glancePart(region, survey, faults)),
  };
}

function glancePart(region: Region, survey: Survey, faults: readonly Finding[]): GlancePart {
  const group = volumeGroups(survey).find(
    ({ members, outsiders }) =>
      members.some((member) => member.region?.id === region.id) ||
      outsiders.some((outsider) => outsider.id === region.id),
  );
  const claimed = new Set(
    volumeGroups(survey)
      .flatMap(({ members }) => members)
      .filter((member) => member.region === null && member.candidates.some(({ id }) => id === region.id))
      .map(({ section }) => section.uuid),
  );
  return {
    name: placeOf(region),
    sizeBytes: region.sizeBytes,
    isWholeDisk: region.partition === null,
    group: group?.ref.name ?? null,
    isPhysicalVolume: group !== undefined || region.pv.labels.some(({ good }) => good),
    content: [...new Set(region.signatures.map(({ type }) => type))],
    findingIds: faults
      .filter(({ regionId, pvUuid }) => regionId === region.id || (pvUuid !== null && claimed.has(pvUuid)))
      .map(({ id }) => id),
  };
}

/** How people call the place: `/dev/sda2`, or `disk.img#2` where no node stands for it. */
const placeOf = (region: Region): string => region.node ?? region.id;

function groupNow(view: VolumeGroupView, survey: Survey, faults: readonly Finding[]): GroupGlance {
  const mine = faults.filter(({ volumeGroup }) => volumeGroup?.uuid === view.ref.uuid);
  const { metadata } = view.base;
  const physicalVolumes = view.members.map(({ section, region, candidates }) => ({
    uuid: section.uuid,
    place: region && placeOf(region),
    claimants: region === null ? candidates.map(placeOf) : [],
    findingIds: mine
      .filter(({ pvUuid, regionId }) => pvUuid === section.uuid || (region && regionId === region.id))
      .map(({ id }) => id),
  }));
  const active = new Set(survey.machine.activeLvs.map(({ lvUuid }) => lvUuid));
  return {
    ...{ name: view.ref.name, uuid: view.ref.uuid, generation: metadata.seqno, physicalVolumes },
    findingIds: mine.filter(({ explainedBy }) => explainedBy === null).map(({ id }) => id),
    volumes: volumesOf(metadata, physicalVolumes, active, awaitedIn(survey, view.ref.name)),
  };
}

/** The volume group as it would be after a plan; `generation`: that which its rehearsal ended at. */
export function groupAfter(plan: VgPlan, survey: Survey, generation: number | null): GroupGlance {
  const { metadata } = plan.goal;
  const regions = allRegions(survey);
  const physicalVolumes = metadata.pvs.map(({ uuid }) => {
    const region = regions.find(({ id }) => id === placeIn(plan.goal, uuid));
    return { uuid, place: region ? placeOf(region) : null, claimants: [], findingIds: [] };
  });
  const { name, uuid } = plan.volumeGroup;
  return {
    ...{ name, uuid, generation, findingIds: [], physicalVolumes },
    volumes: volumesOf(metadata, physicalVolumes, new Set(), awaitedIn(survey, name)),
  };
}

const placeIn = ({ regionOfPv }: Goal, pvUuid: string): string | undefined => regionOfPv[pvUuid];

function awaitedIn(survey: Survey, vgName: string): Set<string> {
  const needs = survey.machine.inInitramfs ? bootState(survey).needs : [];
  return new Set(
    needs
      .filter(({ name }) => name.startsWith(`${vgName}/`))
      .map(({ name }) => name.slice(vgName.length + 1)),
  );
}

function volumesOf(
  metadata: VgMetadata,
  physicalVolumes: readonly PhysicalVolumeGlance[],
  active: ReadonlySet<string>,
  awaited: ReadonlySet<string>,
): VolumeGlance[] {
  const byUuid = new Map(physicalVolumes.map((pv) => [pv.uuid, pv]));
  return metadata.lvs.filter(isVisible).map((lv) => {
    const needed = [...pvsNeededBy(lv, metadata)].flatMap((uuid) => byUuid.get(uuid) ?? []);
    return {
      name: lv.name,
      sizeBytes: lvSizeExtents(lv) * extentBytes(metadata),
      places: needed.map(({ place }) => place),
      state: active.has(lv.uuid) ? 'active' : stateOn(needed),
      isAwaited: awaited.has(lv.name),
    };
  });
}

function stateOn(needed: readonly PhysicalVolumeGlance[]): VolumeGlance['state'] {
  if (needed.some(({ place, claimants }) => place === null && claimants.length === 0)) return 'incomplete';
  return needed.some(({ findingIds }) => findingIds.length > 0) ? 'held-back' : 'whole';
}
