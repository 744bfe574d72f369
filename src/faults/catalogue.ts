import type { Fault } from './define.ts';
import { labelDamaged } from './lvm2-label-damaged.ts';
import { mdaHeaderBad } from './lvm2-mda-header-bad.ts';
import { metadataLost } from './lvm2-metadata-lost.ts';
import { metadataSplitBrain } from './lvm2-metadata-split-brain.ts';
import { metadataTextBad } from './lvm2-metadata-text-bad.ts';
import { notActivated } from './lvm2-not-activated.ts';
import { pvAbsent } from './lvm2-pv-absent.ts';
import { pvDropped } from './lvm2-pv-dropped.ts';
import { pvDuplicate } from './lvm2-pv-duplicate.ts';
import { pvIdChanged } from './lvm2-pv-id-changed.ts';
import { pvMarkedMissing } from './lvm2-pv-marked-missing.ts';
import { seqnoMismatch } from './lvm2-seqno-mismatch.ts';

/** Every fault that lvmedic knows, from the disk upward. */
export const CATALOGUE: readonly Fault[] = [
  pvDuplicate,
  labelDamaged,
  pvIdChanged,
  metadataLost,
  mdaHeaderBad,
  metadataTextBad,
  metadataSplitBrain,
  seqnoMismatch,
  pvMarkedMissing,
  pvAbsent,
  pvDropped,
  notActivated,
];

export function faultCalled(id: string): Fault | undefined {
  return CATALOGUE.find((fault) => fault.id === id);
}
