import type { GuestRecipe } from '../recipes/guests.ts';
import { allRecipes, guestRecipes } from '../recipes/index.ts';

/** dracut waits three minutes for its root; nobody has to in every case. */
export const SHORT_WAIT = ['rd.retry=10'];

export const incident = (name: string): GuestRecipe => find(allRecipes, `incident/${name}`);
export const guestIncident = (id: string): GuestRecipe => find([...guestRecipes, ...allRecipes], id);

function find(recipes: readonly GuestRecipe[], id: string): GuestRecipe {
  const found = recipes.find((recipe) => recipe.id === id);
  if (found === undefined) throw new Error(`no recipe ${id}`);
  return found;
}
