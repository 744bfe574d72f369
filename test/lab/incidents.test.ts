import { incidents } from '../../vm-harness/recipes/index.ts';
import { describeRecipe } from './recipe-tests.ts';

for (const recipe of incidents) describeRecipe(recipe);
