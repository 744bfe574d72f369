/**
 * `vm.ts SUITE FLAVOUR RECIPE [--mode MODE] [--deb FILE] [--archive FILE] [--append 'rd.lvmedic=…'] [--memory MIB]`:
 * switches on a VM that the recipe broke, with its console on this terminal. Without arguments it lists what there is.
 */
import { parseArgs } from 'node:util';
import { guestUnavailable, startGuest } from '../vm-harness/guest/guest.ts';
import { fitsGuest, prepareGuestWorld } from '../vm-harness/guest/guest-world.ts';
import { FLAVOURS, MODES, SUITES } from '../vm-harness/guest/suites.ts';
import { allRecipes } from '../vm-harness/recipes/index.ts';

const END_KEY = '\x1d';
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    mode: { type: 'string', default: 'none' },
    deb: { type: 'string' },
    archive: { type: 'string' },
    append: { type: 'string', default: '' },
    memory: { type: 'string' },
  },
});
const recipes = allRecipes.filter(fitsGuest);
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
  const { deb, archive, memory } = values;
  const world = await prepareGuestWorld({ suite, recipe, ...(deb === undefined ? {} : { deb }) });
  const guest = await startGuest({
    ...{ name: 'by-hand', world, flavour, mode },
    kernelArguments: values.append.split(' ').filter((word) => word !== ''),
    ...(archive === undefined ? {} : { appendedArchive: archive }),
    ...(memory === undefined ? {} : { memoryMiB: Number(memory) }),
  });
  console.log(`${recipe.title}\n${guest.machine.commandLine}\nCtrl-] switches it off.\n`);
  guest.console.attach((bytes) => process.stdout.write(bytes));
  if (process.stdin.isTTY) process.stdin.setRawMode(true);
  process.stdin.on('data', (bytes) => {
    const keys = bytes.toString('latin1');
    if (keys.includes(END_KEY)) guest.end();
    else guest.console.send(keys);
  });
  await guest.machine.ended;
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
  process.stdin.destroy();
  world.dispose();
  console.log(`\r\nIt is switched off. Its transcript: ${guest.machine.transcript}`);
}

function list(): void {
  console.log(`suites   ${SUITES.join(' ')}`);
  console.log(`flavours ${FLAVOURS.join(' ')}`);
  console.log(`modes    ${MODES.join(' ')}`);
  console.log('recipes');
  for (const { id, title } of recipes) console.log(`  ${id.padEnd(48)} ${title}`);
}
