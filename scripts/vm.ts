/**
 * `vm.ts SUITE FLAVOUR RECIPE [--mode MODE] [--append 'rd.lvmedic=…'] [--memory MIB]`: switches on a VM that the
 * recipe broke, with dist/lvmedic in its initramfs, and its console on this terminal. Without arguments it lists what
 * there is.
 */
import { parseArgs } from 'node:util';
import { guestUnavailable } from '../vm-harness/guest/guest.ts';
import { fitsGuest } from '../vm-harness/guest/guest-world.ts';
import { HOW_TO_LEAVE, putOnTerminal } from '../vm-harness/guest/on-terminal.ts';
import { FLAVOURS, MODES, SUITES } from '../vm-harness/guest/suites.ts';
import { withGuest } from '../vm-harness/guest/with-guest.ts';
import type { GuestRecipe } from '../vm-harness/recipes/guests.ts';
import { allRecipes, guestRecipes } from '../vm-harness/recipes/index.ts';
import { builtProduct } from './packages.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    mode: { type: 'string', default: 'hook' },
    append: { type: 'string', default: '' },
    memory: { type: 'string' },
  },
});
const recipes: GuestRecipe[] = [...guestRecipes, ...allRecipes.filter(fitsGuest)];
const suite = SUITES.find((name) => name === positionals[0]);
const flavour = FLAVOURS.find((name) => name === positionals[1]);
const mode = MODES.find((name) => name === values.mode);
const recipe = recipes.find(({ id }) => id === positionals[2]);
const unavailable = guestUnavailable();

if (positionals.length === 0) {
  list();
} else if (suite === undefined || flavour === undefined || recipe === undefined || mode === undefined) {
  list();
  process.exitCode = 16;
} else if (unavailable !== null) {
  console.error(`A guest ${unavailable}.`);
  process.exitCode = 8;
} else {
  const { memory } = values;
  const setup = {
    ...{ name: 'by-hand', suite, flavour, mode, recipe },
    kernelArguments: values.append.split(' ').filter((word) => word !== ''),
    ...(memory === undefined ? {} : { memoryMiB: Number(memory) }),
  };
  const transcript = await withGuest(setup, builtProduct(), async (guest) => {
    console.log(`${recipe.title}\n${guest.machine.commandLine}\n${HOW_TO_LEAVE}\n`);
    await putOnTerminal(guest);
    return guest.machine.transcript;
  });
  console.log(`\r\nIt is switched off. Its transcript: ${transcript}`);
}

function list(): void {
  console.log(`suites   ${SUITES.join(' ')}`);
  console.log(`flavours ${FLAVOURS.join(' ')}`);
  console.log(`modes    ${MODES.join(' ')}`);
  console.log('recipes');
  for (const { id, title } of recipes) console.log(`  ${id.padEnd(48)} ${title}`);
}
