/** `npm start [-- --loop]`: everything from a fresh clone to the demonstration. */
import { ensureNodeModules, ensureSystemPackages, runProjectNode, systemPackages } from './bootstrap.mjs';

const args = process.argv.slice(2);
const onLoops = args.includes('--loop');
const unknown = args.filter((arg) => arg !== '--loop');
if (unknown.length > 0) {
  console.error(`npm start takes --loop (no VM: loop devices), and nothing else: ${unknown.join(' ')}`);
  process.exit(16);
}

ensureNodeModules();
ensureSystemPackages([...systemPackages.build, ...systemPackages.lab, ...(onLoops ? [] : systemPackages.vm)]);
process.exitCode =
  (await runProjectNode('scripts/build.ts')) ||
  (await runProjectNode(onLoops ? 'scripts/demo-loop.ts' : 'scripts/demo-guest.ts'));
