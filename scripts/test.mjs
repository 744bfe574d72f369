/**
 * `npm test [-- FILTER…]`: everything from a fresh clone to the verdict. The last line counts all tests; a failed
 * build or check step, and a test file that does not load, each count as one failed.
 */
import fs from 'node:fs';
import path from 'node:path';
import {
  ensureNodeModules,
  ensureSystemPackages,
  root,
  runNpm,
  runProjectNode,
  systemPackages,
} from './bootstrap.mjs';

const checkSteps = ['lint', 'typecheck', 'deadcode'];
const filters = process.argv.slice(2);

ensureNodeModules();
ensureSystemPackages(Object.values(systemPackages).flat());

const failedSteps = [];
const counts = { passed: 0, failed: 0, skipped: 0 };

if ((await runProjectNode('scripts/build.ts')) !== 0) failedSteps.push('build');
for (const step of checkSteps) if (runNpm(['run', '--silent', step]) !== 0) failedSteps.push(step);
// The first time, the rescue image takes minutes, most of them waiting: it is made beside tests that do not need it.
const iso = runProjectNode('scripts/iso.ts');
const onTerminals = runTests('terminals', ['unit', 'tui']);
await Promise.all([
  runTests('lab', ['lab']),
  onTerminals.then(() => runTests('interrupted', ['interrupted'])),
]);
if ((await iso) !== 0) failedSteps.push('iso');
await runTests('guests', ['vm']);

if (failedSteps.length > 0) console.log(`\nFailed beside the tests: ${failedSteps.join(', ')} (see above)`);
const failed = counts.failed + failedSteps.length;
console.log(`${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped`);
process.exitCode = failed > 0 ? 1 : 0;

/** Runs these projects of vitest and adds what came of it to `counts`. */
async function runTests(name, projects) {
  const report = path.join(root, `test-results/vitest-${name}.json`);
  fs.rmSync(report, { force: true });
  const status = await runProjectNode('scripts/vitest.mjs', [
    ...projects.flatMap((project) => ['--project', project]),
    // A filter may name files of the other projects alone.
    ...(filters.length > 0 ? ['--passWithNoTests'] : []),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...filters,
  ]);
  let failedHere = 0;
  const { testResults = [] } = fs.existsSync(report) ? JSON.parse(fs.readFileSync(report, 'utf8')) : {};
  for (const file of testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'passed') counts.passed++;
      else if (test.status === 'failed') failedHere++;
      else counts.skipped++;
    }
    const isCounted = file.assertionResults.some((test) => test.status === 'failed');
    if (file.status === 'failed' && !isCounted) failedHere++;
  }
  // vitest also fails on what belongs to no test, as an unhandled rejection.
  if (status !== 0 && failedHere === 0) failedHere++;
  counts.failed += failedHere;
}
