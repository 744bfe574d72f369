import type { VolumeGroupRef } from '../model/finding.ts';
import type { VgPlan } from '../model/plan.ts';

/** A remedy that a person has chosen. */
export interface NamedRemedy {
  readonly id: string;
  /** The name or the UUID of the volume group that it is for. */
  readonly vg: string;
}

/** A volume group, and the others on the disks that its name does not tell it from. */
export interface Named {
  readonly volumeGroup: VolumeGroupRef | null;
  readonly namesakes: readonly VolumeGroupRef[];
}

/** The other volume groups of this name. A clone beside its original is one; so is one whose UUID this name spells. */
export const namesakesOf = (ref: VolumeGroupRef, all: readonly VolumeGroupRef[]): VolumeGroupRef[] =>
  all.filter((other) => other.uuid !== ref.uuid && (other.name === ref.name || other.uuid === ref.name));

/** `unclear`: it is called so, and is not the only one. */
export function meaning({ volumeGroup, namesakes }: Named, vg: string): 'this' | 'another' | 'unclear' {
  if (volumeGroup?.uuid === vg) return 'this';
  if (volumeGroup?.name !== vg || namesakes.some((other) => other.uuid === vg)) return 'another';
  return namesakes.length === 0 ? 'this' : 'unclear';
}

/** The options by which a person consents to a remedy of this volume group and of no other. */
export function consent(remedyId: string, { volumeGroup, namesakes }: Named): string {
  const vg = namesakes.length === 0 ? volumeGroup?.name : volumeGroup?.uuid;
  return `--remedy ${remedyId} --vg ${vg}`;
}

/** Why a plan that was named by an unclear name is not carried out, and how to name it. */
export function whichOne(
  { remedyId, regionIds }: Pick<VgPlan, 'remedyId' | 'regionIds'>,
  named: Named,
): string {
  const { volumeGroup, namesakes } = named;
  const uuids = [volumeGroup, ...namesakes].flatMap((each) => each?.uuid ?? []);
  const many = `${uuids.length} volume groups on these disks are called ${volumeGroup?.name}: ${uuids.join(' and ')}`;
  return `${many}. A person may decide on the one on ${regionIds.join(', ')}: ${consent(remedyId, named)}`;
}
