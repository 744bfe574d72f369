import { healthyWorlds } from '../../vm-harness/recipes/index.ts';
import { describeRecipe } from './recipe-tests.ts';

for (const recipe of healthyWorlds) describeRecipe(recipe);
