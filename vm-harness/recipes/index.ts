import { recipes as combinations } from './combinations.ts';
import { guestRecipes } from './guests.ts';
import { recipes as healthyWorlds } from './healthy.ts';
import { recipes as incidents } from './incidents.ts';
import { recipes as labelDamaged } from './lvm2-label-damaged.ts';
import { recipes as mdaHeaderBad } from './lvm2-mda-header-bad.ts';
import { recipes as metadataLost } from './lvm2-metadata-lost.ts';
import { recipes as splitBrain } from './lvm2-metadata-split-brain.ts';
import { recipes as metadataTextBad } from './lvm2-metadata-text-bad.ts';
import { recipes as pvAbsent } from './lvm2-pv-absent.ts';
import { recipes as pvDropped } from './lvm2-pv-dropped.ts';
import { recipes as pvIdChanged } from './lvm2-pv-id-changed.ts';
import { recipes as pvMarkedMissing } from './lvm2-pv-marked-missing.ts';
import { recipes as seqnoMismatch } from './lvm2-seqno-mismatch.ts';
import type { Recipe } from './recipe.ts';
import { recipes as refusals } from './refusals.ts';

/** Recipes of single faults; the first of each fault bears its id and nothing behind it. */
export const faultRecipes: readonly Recipe[] = [
  ...pvMarkedMissing,
  ...pvAbsent,
  ...pvDropped,
  ...seqnoMismatch,
  ...splitBrain,
  ...labelDamaged,
  ...pvIdChanged,
  ...mdaHeaderBad,
  ...metadataTextBad,
  ...metadataLost,
];
export { combinations, guestRecipes, healthyWorlds, incidents, refusals };
export const allRecipes: readonly Recipe[] = [
  ...faultRecipes,
  ...combinations,
  ...incidents,
  ...refusals,
  ...healthyWorlds,
];
