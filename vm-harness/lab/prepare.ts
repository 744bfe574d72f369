import type { Recipe } from '../recipes/recipe.ts';
import { LabWorld } from './world.ts';

const built = new Map<string, Map<Recipe['build'], LabWorld>>();

/** A new world as the recipe builds it, still whole. Recipes with the same disks and build share the work. */
function build(recipe: Recipe): LabWorld {
  const disks = JSON.stringify(recipe.disks);
  const sameDisks = built.get(disks) ?? new Map<Recipe['build'], LabWorld>();
  built.set(disks, sameDisks);
  let pristine = sameDisks.get(recipe.build);
  if (pristine === undefined) {
    pristine = new LabWorld(recipe.disks);
    recipe.build(pristine);
    sameDisks.set(recipe.build, pristine);
  }
  return pristine.copy();
}

/** A new world, built and broken. The caller disposes of it. */
export function prepare(recipe: Recipe): LabWorld {
  const world = build(recipe);
  recipe.break(world);
  world.detach();
  return world;
}
