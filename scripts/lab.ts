/**
 * `lab.ts RECIPE [--keep]`: builds one broken world of the lab, and with `--keep` leaves it for a person until
 * Enter. Without a recipe it lists them.
 */
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { labUnavailable } from '../vm-harness/lab/host.ts';
import { prepare } from '../vm-harness/lab/prepare.ts';
import { productCommand, productEnvironment } from '../vm-harness/lab/product.ts';
import type { LabWorld } from '../vm-harness/lab/world.ts';
import { allRecipes } from '../vm-harness/recipes/index.ts';
import type { Recipe } from '../vm-harness/recipes/recipe.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { keep: { type: 'boolean', default: false } },
});
const [id] = positionals;
const recipe = allRecipes.find((candidate) => candidate.id === id);
const unavailable = labUnavailable();

if (id === undefined) {
  for (const { id, title } of allRecipes) console.log(`${id.padEnd(48)} ${title}`);
} else if (recipe === undefined) {
  console.error(`There is no recipe ${id}. Without arguments all are listed.`);
  process.exitCode = 16;
} else if (unavailable !== null) {
  console.error(`The lab ${unavailable}.`);
  process.exitCode = 8;
} else {
  const world = prepare(recipe);
  describeWorld(world, recipe);
  if (values.keep) {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    await terminal.question('\nEnter removes it all. ');
    terminal.close();
  } else {
    console.log('\nIt is removed now; with --keep it stays until Enter.');
  }
  world.dispose();
}

function describeWorld(world: LabWorld, recipe: Recipe): void {
  const nodes = world.loopTargets();
  const environment = Object.entries(productEnvironment(world)).map(([name, value]) => `${name}=${value}`);
  console.log(`${recipe.title}\n`);
  console.log(`expected: ${recipe.expect.faults.join(', ') || 'nothing wrong'}; ${recipe.expect.repair}`);
  for (const [index, name] of world.present().entries())
    console.log(`  ${name.padEnd(12)} ${nodes[index]}  ${world.image(name)}`);
  console.log('\nTo repair it:');
  console.log(
    `  ${[...environment, ...productCommand(), 'repair', ...nodes, '--state-dir', world.stateDir].join(' ')}`,
  );
  console.log('\nTo look at it with lvm itself:');
  const config = `devices{scan=["/dev"] obtain_device_list_from_udev=0} global{locking_dir="${world.dir}/lock" activation=0}`;
  console.log(
    `  LVM_SYSTEM_DIR=${world.lvmDir} lvm pvs --readonly --devices ${nodes.join(',')} --config '${config}'`,
  );
}
