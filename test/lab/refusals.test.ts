import { refusals } from '../../vm-harness/recipes/index.ts';
import { describeRecipe } from './recipe-tests.ts';

for (const recipe of refusals) describeRecipe(recipe);
