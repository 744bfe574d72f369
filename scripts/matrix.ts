/**
 * `npm run test:matrix -- lvm`: pairs of lvm versions, see lvm-pairs.ts.
 * `npm run test:matrix [-- FILTER…]`: every scenario on real guests, or those that a filter names, and with all
 * outcomes at hand, docs/tested-on.md. The outcome and the transcript of a scenario stay until it runs again.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { EXIT } from '../src/exit-codes.ts';
import { guestUnavailable } from '../vm-harness/guest/guest.ts';
import { RESULTS } from '../vm-harness/guest/machine.ts';
import { SUITES, type Suite } from '../vm-harness/guest/suites.ts';
import { scenarios } from '../vm-harness/scenarios/index.ts';
import { packageCases } from '../vm-harness/scenarios/packages.ts';
import { type Scenario, transcriptName } from '../vm-harness/scenarios/scenario.ts';
import { keptPairs, pairsSection, playPairs } from './lvm-pairs.ts';

const root = path.resolve(import.meta.dirname, '..');
const report = path.join(root, 'test-results/matrix-run.json');
const kept = path.join(root, 'test-results/matrix.json');
const cases: readonly { readonly id: string }[] = [...scenarios, ...packageCases];
const PACKAGES = ['lvm2', 'dracut-core', 'initramfs-tools', 'systemd'];

interface Outcome {
  readonly status: string;
  readonly seconds: number;
  /** Of the run. */
  readonly date: string;
}

/** By case, of the run that has just ended. */
function outcomesOfRun(): Record<string, Outcome> {
  const { testResults } = JSON.parse(fs.readFileSync(report, 'utf8')) as {
    testResults: { assertionResults: { title: string; status: string; duration?: number }[] }[];
  };
  const date = new Date().toISOString().slice(0, 10);
  const found: Record<string, Outcome> = {};
  for (const { title, status, duration = 0 } of testResults.flatMap((file) => file.assertionResults)) {
    const played = cases.find(({ id }) => title.startsWith(`${id}: `));
    // Those that the filter left out are skipped.
    if (played === undefined || !['passed', 'failed'].includes(status)) continue;
    found[played.id] = { status, seconds: Math.round(duration / 1000), date };
  }
  return found;
}

function keptOutcomes(): Record<string, Outcome> {
  return fs.existsSync(kept) ? JSON.parse(fs.readFileSync(kept, 'utf8')) : {};
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

function page(results: Readonly<Record<string, Outcome>>): string {
  const count = (status: string) => Object.values(results).filter((each) => each.status === status).length;
  const dates = Object.values(results).map(({ date }) => date);
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
    [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
  const result = (id: string) => `${results[id]?.status}, ${results[id]?.seconds} s`;
  const lines = scenarios.map(({ suite, flavour, mode, way, title, id }) => [
    ...[suite, flavour, mode, WAYS[way], title.replaceAll('|', '\\|'), result(id)],
  ]);
  const packages = packageCases.map(({ suite, generator, title, id }) => [
    suite,
    generator,
    title,
    result(id),
  ]);
  return `# Tested on

Written by \`npm run test:matrix\` (${[...new Set(dates)].sort().join(' to ')}): ${count('passed')} passed, ${count('failed')} failed.
Each is a Debian of that release, with its own kernel, lvm2 and initramfs tools, in QEMU without hardware
virtualisation, whose disks were damaged as told; a person's part is played at its serial console. Those that come up
say so from the running system, which has compared the checksums of its files. Each row is of the last run that played it.
Three ran at a time, so the seconds tell little. Other distributions' dracut was not run.

## Systems

${table(
  ['Debian', ...PACKAGES, 'kernel'],
  SUITES.map((suite) => [suite, ...versionsOf(suite)]),
)}

## Results

${table(['Debian', 'initramfs', 'mode', 'way', 'incident', 'result'], lines)}

## Packages

In an installed system of that release, in a chroot with a /boot of its own; nothing is booted. Every file of the system and
in every initramfs is compared with what was there before.

${table(['Debian', 'initramfs', 'package', 'result'], packages)}
`;
}

const testedOn = path.join(root, 'docs/tested-on.md');
const PAIRS = /## lvm versions\n[\s\S]*$/;

/** The part about pairs of lvm versions comes last; it is of this run, else as it stands. */
function withPairs(text: string): string {
  const old = PAIRS.exec(fs.readFileSync(testedOn, 'utf8'))?.[0] ?? '';
  const section = keptPairs().length > 0 ? pairsSection() : old;
  return `${text.replace(PAIRS, '').trimEnd()}\n${section === '' ? '' : `\n${section}`}`;
}

if (process.argv[2] === 'lvm') {
  const { passed, failed } = await playPairs();
  fs.writeFileSync(testedOn, withPairs(fs.readFileSync(testedOn, 'utf8')));
  console.log(`${passed} passed, ${failed} failed, 0 skipped`);
  process.exit(failed > 0 ? 1 : 0);
}
const unavailable = guestUnavailable();
if (unavailable !== null) {
  console.error(`A guest ${unavailable}.`);
  process.exit(EXIT.operationalError);
}
const filters = process.argv.slice(2);
fs.rmSync(report, { force: true });
const { status } = spawnSync(
  process.execPath,
  [
    ...['scripts/vitest.mjs', '--project', 'matrix', '--reporter=default', '--reporter=json'],
    `--outputFile.json=${report}`,
    ...(filters.length === 0 ? [] : ['--testNamePattern', filters.join('|')]),
  ],
  { cwd: root, stdio: 'inherit' },
);
const ran = outcomesOfRun();
const known = Object.entries({ ...keptOutcomes(), ...ran });
const all = Object.fromEntries(known.filter(([id]) => cases.some((each) => each.id === id)));
fs.writeFileSync(kept, JSON.stringify(all, null, 1));
if (cases.every(({ id }) => all[id] !== undefined)) {
  fs.writeFileSync(testedOn, withPairs(page(all)));
}
const passed = Object.values(ran).filter(({ status: outcome }) => outcome === 'passed').length;
const failed = Object.values(ran).length - passed;
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = status ?? 1;
