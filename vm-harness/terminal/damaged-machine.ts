import { prepare } from '../lab/prepare.ts';
import { productCommand, productEnvironment } from '../lab/product.ts';
import type { LabWorld } from '../lab/world.ts';
import { allRecipes } from '../recipes/index.ts';

/** A lab world, its disks attached as loop devices, as the person at a terminal finds it. */
export interface DamagedMachine {
  readonly world: LabWorld;
  /** The machine's disks, whole; lvmedic must be given them, or it would look at those of this machine. */
  readonly nodes: readonly string[];
  /** For {@link openTerminal}. */
  readonly env: Readonly<Record<string, string>>;
  /** argv of lvmedic with these arguments, and the world's own place for undo records. */
  lvmedic(...args: readonly string[]): string[];
  /** Names of the disks that are not, byte for byte, as they were when the machine was handed over. */
  changedDisks(): string[];
  dispose(): void;
}

/** A machine that a recipe broke. Needs what the lab needs; throws when there is no such recipe. */
export function damagedMachine(recipeId: string): DamagedMachine {
  const recipe = allRecipes.find(({ id }) => id === recipeId);
  if (recipe === undefined) throw new Error(`no recipe ${recipeId}`);
  const world = prepare(recipe);
  const broken = world.fingerprint();
  const nodes = world.loopTargets();
  const { LVM_SYSTEM_DIR = '' } = productEnvironment(world);
  return {
    world,
    nodes,
    // Its locale is the terminal's.
    env: { LVM_SYSTEM_DIR },
    lvmedic: (...args) => [...productCommand(), ...args, '--state-dir', world.stateDir],
    changedDisks: () =>
      Object.entries(world.fingerprint())
        .filter(([name, sum]) => sum !== broken[name])
        .map(([name]) => name),
    dispose: () => world.dispose(),
  };
}
