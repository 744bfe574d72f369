/** `npm start`: everything from a fresh clone to the demonstration. */
import { ensureNodeModules, ensureSystemPackages, runProjectNode, systemPackages } from './bootstrap.mjs';

ensureNodeModules();
ensureSystemPackages([...systemPackages.build, ...systemPackages.lab]);
process.exitCode =
  (await runProjectNode('scripts/build.ts')) ||
  (await runProjectNode('scripts/demo.ts', process.argv.slice(2)));
