/**
 * `npm run test:matrix [-- FILTER…]`: every scenario on real guests. A run of all of them writes docs/tested-on.md.
 * Transcripts of a scenario stay in test-results/vm until it runs again.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { RESULTS } from '../vm-harness/guest/machine.ts';
import { SUITES, type Suite } from '../vm-harness/guest/suites.ts';
import { scenarios } from '../vm-harness/scenarios/index.ts';
import { type Scenario, transcriptName } from '../vm-harness/scenarios/scenario.ts';

const root = path.resolve(import.meta.dirname, '..');
const report = path.join(root, 'test-results/matrix.json');
const PACKAGES = ['lvm2', 'dracut-core', 'initramfs-tools', 'systemd'];

interface Outcome {
  readonly status: string;
  readonly seconds: number;
}

/** By scenario; those that did not run are not in it. */
function outcomes(): Map<string, Outcome> {
  const { testResults } = JSON.parse(fs.readFileSync(report, 'utf8')) as {
    testResults: { assertionResults: { title: string; status: string; duration?: number }[] }[];
  };
  const found = new Map<string, Outcome>();
  for (const { title, status, duration = 0 } of testResults.flatMap((file) => file.assertionResults)) {
    const scenario = scenarios.find(({ id }) => title.startsWith(`${id}: `));
    if (scenario !== undefined) found.set(scenario.id, { status, seconds: Math.round(duration / 1000) });
  }
  return found;
}

/** What the guests of a suite said of themselves. */
function versionsOf(suite: Suite): string[] {
  for (const scenario of scenarios.filter((each) => each.suite === suite)) {
    const file = path.join(RESULTS, `${transcriptName(scenario)}.log`);
    const text = fs.existsSync(file) ? fs.readFileSync(file, 'latin1').replaceAll('\r', '') : '';
    const [, kernel, packages] = /GUEST-SECTION versions\n(\S+)\n((?:\S+\t\S+\n)+)/.exec(text) ?? [];
    if (kernel === undefined || packages === undefined) continue;
    const version = (name: string) => new RegExp(`^${name}\t(\\S+)$`, 'm').exec(packages)?.[1] ?? '?';
    return [...PACKAGES.map(version), kernel];
  }
  return [...PACKAGES, 'kernel'].map(() => '?');
}

const WAYS: Record<Scenario['way'], string> = {
  auto: 'unattended',
  offer: 'by the offer',
  shell: 'from the shell',
  nobody: 'nobody there',
};

function page(results: ReadonlyMap<string, Outcome>): string {
  const count = (status: string) => [...results.values()].filter((each) => each.status === status).length;
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
    [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
  const lines = scenarios.map((scenario) => {
    const { suite, flavour, mode, way, title, id } = scenario;
    const outcome = results.get(id);
    const result = outcome === undefined ? 'not run' : `${outcome.status}, ${outcome.seconds} s`;
    return [suite, flavour, mode, WAYS[way], title.replaceAll('|', '\\|'), result];
  });
  return `# Tested on

Written by \`npm run test:matrix\` on ${new Date().toISOString().slice(0, 10)}: ${count('passed')} passed, ${count('failed')} failed, ${scenarios.length - results.size} not run.
Each is a Debian of that release, with its own kernel, lvm2 and initramfs tools, in QEMU without hardware
virtualisation, whose disks were damaged as told; a person's part is played at its serial console. Those that come up
say so from the running system, which has compared the checksums of its files. Two ran at a time, so the seconds tell
little. Other distributions' dracut was not run.

## Systems

${table(
  ['Debian', ...PACKAGES, 'kernel'],
  SUITES.map((suite) => [suite, ...versionsOf(suite)]),
)}

## Results

${table(['Debian', 'initramfs', 'mode', 'way', 'incident', 'result'], lines)}
`;
}

const filters = process.argv.slice(2);
fs.rmSync(report, { force: true });
const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [
    ...[vitest, 'run', '--project', 'matrix', '--reporter=default', '--reporter=json'],
    `--outputFile.json=${report}`,
    ...(filters.length === 0 ? [] : ['--testNamePattern', filters.join('|')]),
  ],
  { cwd: root, stdio: 'inherit' },
);
const results = outcomes();
if (filters.length === 0) fs.writeFileSync(path.join(root, 'docs/tested-on.md'), page(results));
const passed = [...results.values()].filter((each) => each.status === 'passed').length;
const failed = [...results.values()].filter((each) => each.status === 'failed').length;
console.log(`${passed} passed, ${failed} failed, ${results.size - passed - failed} skipped`);
process.exitCode = status ?? 1;
