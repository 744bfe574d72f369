/**
 * `node scripts/vitest.mjs ARG…`: `vitest run ARG…` whose lvmedic and lvm have their locks to themselves, so that it can
 * go on beside other tests and beside an lvmedic at work.
 */
import { spawnSync } from 'node:child_process';
import { runProjectNode } from './bootstrap.mjs';

const apart = [
  ...['unshare', '--mount', '--propagation', 'private', 'sh', '-ec'],
  'for folder in /run/lvmedic /run/lock; do mkdir -p "$folder"; mount -t tmpfs tmpfs "$folder"; done; exec "$@"',
  'sh',
];
// Where this is not allowed there are no loop devices either, and the tests that lock anything say so.
const canMount = spawnSync(apart[0], [...apart.slice(1), 'true'], { stdio: 'ignore' }).status === 0;

process.exitCode = await runProjectNode(
  'node_modules/vitest/vitest.mjs',
  ['run', ...process.argv.slice(2)],
  canMount ? apart : [],
);
