import { closureOf, isVisible, pvsNeededBy } from '../../model/extents.ts';
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
  | { readonly state: 'whole'; readonly view: VolumeGroupView }
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
      ...{ vg: '', lv: '', name: parameter, parameter, required },
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
    (each) => each.vgUuid === view.ref.uuid && each.lvUuid === section.uuid,
  );
  if (active !== undefined) return { state: 'active', view, node: active.node };
  const needed = pvsNeededBy(section, metadata);
  const absent = view.members.filter((each) => each.region === null && needed.has(each.section.uuid));
  return absent.length > 0 ? { state: 'partial', view, section, absent } : { state: 'whole', view };
}

/** True when only what keeps copies of its own lacks a leg: device-mapper could do without. */
export function hasCopies(section: LvSection, metadata: VgMetadata): boolean {
  return closureOf(section, metadata).some((each) =>
    each.segments.some(({ type }) => /^(raid(?!0)|mirror)/.test(type)),
  );
}

/** ` (it has root, swap_1)`, to compare a name with. */
function namesIn(metadata: VgMetadata): string {
  const names = metadata.lvs.filter(isVisible).map((each) => each.name);
  return names.length === 0 || names.length > 12 ? '' : ` (it has ${names.join(', ')})`;
}
