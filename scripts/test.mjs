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

const projects = ['unit', 'tui', 'lab', 'vm'];
const checkSteps = ['lint', 'typecheck', 'deadcode'];

ensureNodeModules();
ensureSystemPackages(Object.values(systemPackages).flat());

const failedSteps = [];
if ((await runProjectNode('scripts/build.ts')) !== 0) failedSteps.push('build');
for (const step of checkSteps) if (runNpm(['run', '--silent', step]) !== 0) failedSteps.push(step);

const report = path.join(root, 'test-results/vitest.json');
fs.rmSync(report, { force: true });
const status = await runProjectNode('node_modules/vitest/vitest.mjs', [
  'run',
  ...projects.flatMap((project) => ['--project', project]),
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]);

const counts = { passed: 0, failed: failedSteps.length, skipped: 0 };
const { testResults = [] } = fs.existsSync(report) ? JSON.parse(fs.readFileSync(report, 'utf8')) : {};
for (const file of testResults) {
  for (const test of file.assertionResults) {
    if (test.status === 'passed' || test.status === 'failed') counts[test.status]++;
    else counts.skipped++;
  }
  const isCounted = file.assertionResults.some((test) => test.status === 'failed');
  if (file.status === 'failed' && !isCounted) counts.failed++;
}
// vitest also fails on what belongs to no test: an unhandled rejection, or a filter that matches nothing.
if (status !== 0 && counts.failed === 0) counts.failed++;

if (failedSteps.length > 0) console.log(`\nFailed before the tests: ${failedSteps.join(', ')} (see above)`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 ? 1 : 0;
