import { combinations, faultRecipes } from '../../vm-harness/recipes/index.ts';
import { describeRecipe } from './recipe-tests.ts';

for (const recipe of [...faultRecipes, ...combinations]) describeRecipe(recipe);

// The plain case of each fault, and disks whose sector size an image cannot tell, as block devices too.
const onDevices = process.env.LVM_PAIR === undefined;
for (const recipe of faultRecipes.filter(({ id }) => onDevices && !id.includes('/')))
  describeRecipe(recipe, 'loop devices');
for (const recipe of combinations.filter(({ id }) => onDevices && /sectors-4096|partitions/.test(id)))
  describeRecipe(recipe, 'loop devices');
