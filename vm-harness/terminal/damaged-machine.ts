import { prepare } from '../lab/prepare.ts';
import { productCommand, productEnvironment } from '../lab/product.ts';
import type { LabWorld } from '../lab/world.ts';
import { allRecipes } from '../recipes/index.ts';
import type { Recipe } from '../recipes/recipe.ts';

/** A lab world, its disks attached as loop devices, as the person at a terminal finds it. */
export interface DamagedMachine {
  readonly world: LabWorld;
  /** The machine's disks, whole; lvmedic must be given them, or it would look at those of this machine. */
  readonly nodes: readonly string[];
  /** For {@link openTerminal}. */
  readonly env: Readonly<Record<string, string>>;
  /** argv of lvmedic with these arguments; the world's own place for undo records where they name none. */
  lvmedic(...args: readonly string[]): string[];
  /** Names of the disks that are not, byte for byte, as they were when the machine was handed over. */
  changedDisks(): string[];
  dispose(): void;
}

/** A machine that a recipe broke. Needs what the lab needs; throws when there is no such recipe. */
export function damagedMachine(recipeId: string): DamagedMachine {
  return machineOf(prepare(recipeCalled(recipeId)));
}

export function recipeCalled(recipeId: string): Recipe {
  const recipe = allRecipes.find(({ id }) => id === recipeId);
  if (recipe === undefined) throw new Error(`no recipe ${recipeId}`);
  return recipe;
}

/** The machine of a world that is broken already, which is disposed of with it. `watched`: disks that may not change unseen. */
export function machineOf(world: LabWorld, watched: readonly string[] = world.present()): DamagedMachine {
  const sums = () => watched.map((name) => world.sha256(name));
  const broken = sums();
  const nodes = world.loopTargets();
  const { LVM_SYSTEM_DIR = '' } = productEnvironment(world);
  return {
    world,
    nodes,
    // Its locale is the terminal's.
    env: { LVM_SYSTEM_DIR },
    lvmedic: (...args) => [
      ...productCommand(),
      ...args,
      ...(args.includes('--state-dir') ? [] : ['--state-dir', world.stateDir]),
    ],
    changedDisks: () => {
      const now = sums();
      return watched.filter((_, index) => now[index] !== broken[index]);
    },
    dispose: () => world.dispose(),
  };
}
