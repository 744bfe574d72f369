import { closureOf, isVisible, pvsNeededBy, runsOf } from '../../model/extents.ts';
import type { LvSection, VgMetadata } from '../../model/metadata.ts';
import type { Survey } from '../../model/survey.ts';
import type { Member } from '../volume-group/pieces.ts';
import { type VolumeGroupView, volumeGroups } from '../volume-group/view.ts';
import { type NamedVolume, namedVolumes } from './named-volumes.ts';

/** A volume that boot waits for, and what is the matter with it. */
export type BootNeed = NamedVolume & { readonly name: string } & Standing;

export type Standing =
  | { readonly state: 'active'; readonly view: VolumeGroupView; readonly node: string }
  /** All of it is on the disks; nothing has activated it. */
  | { readonly state: 'whole'; readonly view: VolumeGroupView; readonly section: LvSection }
  /** Parts of it are on physical volumes that are not there. */
  | {
      readonly state: 'partial';
      readonly view: VolumeGroupView;
      readonly section: LvSection;
      readonly absent: readonly Member[];
    }
  /** There is no such volume, or no telling which is meant. */
  | { readonly state: 'unknown'; readonly reason: string };

/** What boot waits for, in the order of the kernel command line. Pure. */
export function bootNeeds(survey: Survey): BootNeed[] {
  const { named, unresolved } = namedVolumes(survey);
  return [
    ...named.map((each) => ({ ...each, name: `${each.vg}/${each.lv}`, ...standingOf(each, survey) })),
    ...unresolved.map(({ parameter, required }) => ({
      ...{ vg: '', lv: '', name: parameter, parameter, required, isRoot: parameter.startsWith('root=') },
      ...({ state: 'unknown', reason: 'no logical volume is known to be it' } as const),
    })),
  ];
}

/** How a volume of this name stands, by name and whatever boot wants of it. */
export function standingOf(
  { vg, lv }: { readonly vg: string; readonly lv: string },
  survey: Survey,
): Standing {
  const unknown = (reason: string): Standing => ({ state: 'unknown', reason });
  const views = volumeGroups(survey).filter((each) => each.ref.name === vg);
  const [view] = views;
  if (view === undefined) return unknown(`there is no volume group ${vg}`);
  if (views.length > 1) return unknown(`${views.length} volume groups are called ${vg}`);
  const { metadata } = view.base;
  const section = metadata.lvs.find((each) => each.name === lv);
  if (section === undefined) return unknown(`${vg} has no logical volume ${lv}${namesIn(metadata)}`);
  const active = survey.machine.activeLvs.find(
    (each) => each.vgUuid === view.ref.uuid && each.lvUuid === section.uuid && each.layer === null,
  );
  if (active !== undefined) return { state: 'active', view, node: active.node };
  const needed = pvsNeededBy(section, metadata);
  const absent = view.members.filter((each) => each.region === null && needed.has(each.section.uuid));
  return absent.length > 0 ? { state: 'partial', view, section, absent } : { state: 'whole', view, section };
}

/** True when only legs are missing of what keeps copies of its own (RAID): device-mapper can do without. */
export function hasCopies(section: LvSection, metadata: VgMetadata, absent: readonly Member[]): boolean {
  const closure = closureOf(section, metadata);
  const legs = closure.flatMap(({ segments }) =>
    segments
      .filter(({ type }) => /^raid(1|4|5|6|10)/.test(type))
      .flatMap(({ areas, dependsOn }) => [...areas.map(({ name }) => name), ...dependsOn]),
  );
  const gone = new Set(absent.map((member) => member.section.uuid));
  const holed = closure.filter((lv) => runsOf(lv, metadata).some(({ pvUuid }) => gone.has(pvUuid)));
  return holed.every(({ name }) => legs.includes(name));
}

/** What the kernel does to the disks when a whole volume is merely activated. */
export type ActivationWrites =
  | { readonly kind: 'nothing' }
  /** RAID, cache and snapshots keep books of their own; as in every boot. */
  | { readonly kind: 'books'; readonly says: string }
  /** What must not be activated unseen. */
  | { readonly kind: 'unknown'; readonly reason: string };

const PLAIN = /^(striped|linear|error|zero)$/;
const BOOKKEEPERS = /^(raid.*|mirror|cache|cache-pool|writecache|snapshot)$/;

export function activationWrites(section: LvSection, metadata: VgMetadata): ActivationWrites {
  const types = closureOf(section, metadata).flatMap(({ segments }) => segments.map(({ type }) => type));
  const strange = types.find((type) => !PLAIN.test(type) && !BOOKKEEPERS.test(type));
  if (strange !== undefined) {
    const why = `${section.name} is of the kind ${strange}, whose own metadata lvmedic does not check`;
    return { kind: 'unknown', reason: `${why}; look at it first (thin_check), then: lvm lvchange -ay` };
  }
  const books = types.find((type) => BOOKKEEPERS.test(type));
  if (books === undefined) return { kind: 'nothing' };
  return {
    kind: 'books',
    says: `activating ${section.name} writes to the ${books}'s own metadata, as every boot does`,
  };
}

/** ` (it has root, swap_1)`, to compare a name with. */
function namesIn(metadata: VgMetadata): string {
  const names = metadata.lvs.filter(isVisible).map((each) => each.name);
  return names.length === 0 || names.length > 12 ? '' : ` (it has ${names.join(', ')})`;
}
