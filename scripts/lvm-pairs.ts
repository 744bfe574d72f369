/**
 * `npm run test:matrix -- lvm`: the whole lab with several versions of lvm, each harming and repairing by itself, and crossed
 * with the system's. `LVMS` names them: `LVMS=2.02.187=/opt/lvm-2.02.187/sbin/lvm,…`. Outcomes are kept by pair, and stand in
 * docs/tested-on.md.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseVersion } from '../src/lvm/version.ts';
import { run } from './build/run.ts';

const root = path.resolve(import.meta.dirname, '..');
const kept = path.join(root, 'test-results/lvm-pairs.json');
const FILES = ['faults', 'incidents', 'refusals', 'healthy'].map((name) => `test/lab/${name}.test.ts`);

interface Lvm {
  readonly version: string;
  readonly path: string;
}

export interface PairOutcome {
  readonly harming: string;
  readonly repairing: string;
  readonly passed: number;
  /** Ids of recipes. */
  readonly failed: readonly string[];
  /** By reason, how many. */
  readonly notPossible: Readonly<Record<string, number>>;
  readonly date: string;
}

export const keptPairs = (): PairOutcome[] =>
  fs.existsSync(kept) ? (JSON.parse(fs.readFileSync(kept, 'utf8')) as PairOutcome[]) : [];

/** Plays every pair that `LVMS` asks for; gives how many recipes passed and failed. */
export async function playPairs(): Promise<{ passed: number; failed: number }> {
  const own: Lvm = { version: parseVersion(run('lvm', ['version'])) ?? '?', path: 'lvm' };
  const others = (process.env.LVMS ?? '')
    .split(',')
    .filter((word) => word.includes('='))
    .map((word): Lvm => ({ version: word.split('=')[0] ?? '', path: word.split('=')[1] ?? '' }));
  const pairs = [
    ...others.map((other) => [other, other] as const),
    ...others.map((other) => [other, own] as const),
    ...others.map((other) => [own, other] as const),
  ];
  let total = { passed: 0, failed: 0 };
  const queue = [...pairs.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, [harming, repairing]] = next;
      const outcome = await play(harming, repairing, 10_000 + index * 200);
      const { passed, failed, notPossible } = outcome;
      total = { passed: total.passed + passed, failed: total.failed + failed.length };
      const notes = Object.entries(notPossible).map(([reason, count]) => `${count} ${reason}`);
      console.log(
        `harmed by ${harming.version}, repaired by ${repairing.version}: ${passed} passed, ${failed.length} failed ${failed.join(', ')}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`,
      );
      const isSame = (each: PairOutcome) =>
        each.harming === outcome.harming && each.repairing === outcome.repairing;
      fs.mkdirSync(path.dirname(kept), { recursive: true });
      fs.writeFileSync(
        kept,
        JSON.stringify([...keptPairs().filter((each) => !isSame(each)), outcome], null, 1),
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, os.availableParallelism()) }, work));
  return total;
}

async function play(harming: Lvm, repairing: Lvm, firstLoop: number): Promise<PairOutcome> {
  const report = path.join(root, `test-results/lvm-${harming.version}-${repairing.version}.json`);
  fs.rmSync(report, { force: true });
  const env = {
    ...process.env,
    ...{ LVM: harming.path, REPAIR_LVM: repairing.path, LVM_PAIR: '1', FIRST_LOOP: `${firstLoop}` },
  };
  const argv = ['scripts/vitest.mjs', '--project', 'lab', '--reporter=json', `--outputFile.json=${report}`];
  await new Promise((resolve) => {
    spawn(process.execPath, [...argv, ...FILES], { cwd: root, env, stdio: 'ignore' }).on('close', resolve);
  });
  return outcomeOf(report, harming.version, repairing.version);
}

function outcomeOf(report: string, harming: string, repairing: string): PairOutcome {
  const { testResults } = JSON.parse(fs.readFileSync(report, 'utf8')) as {
    testResults: {
      assertionResults: { ancestorTitles: string[]; status: string; meta?: { note?: string } }[];
    }[];
  };
  const tests = testResults.flatMap((file) => file.assertionResults);
  const byRecipe = Map.groupBy(tests, ({ ancestorTitles }) => ancestorTitles.at(-1) ?? '');
  const failed: string[] = [];
  const notPossible: Record<string, number> = {};
  let passed = 0;
  for (const [title, results] of byRecipe) {
    const id = /\[([^,\]]+), /.exec(title)?.[1] ?? title;
    if (results.some(({ status }) => status === 'failed')) failed.push(id);
    else if (results.some(({ status }) => status === 'passed')) passed++;
    else notPossible['not possible'] = (notPossible['not possible'] ?? 0) + 1;
  }
  return { harming, repairing, passed, failed, notPossible, date: new Date().toISOString().slice(0, 10) };
}

/** The section of docs/tested-on.md. */
export function pairsSection(): string {
  const rows = keptPairs()
    .toSorted((a, b) =>
      `${a.harming} ${a.repairing}`.localeCompare(`${b.harming} ${b.repairing}`, 'en', { numeric: true }),
    )
    .map(({ harming, repairing, passed, failed, notPossible, date }) => {
      const none = Object.values(notPossible).reduce((sum, count) => sum + count, 0);
      return `| ${harming} | ${repairing} | ${passed} | ${failed.length === 0 ? '0' : `${failed.length}: ${failed.join(', ')}`} | ${none} | ${date} |`;
    });
  return `## lvm versions

Every recipe of the lab, built and harmed by one lvm, repaired by lvmedic with another (\`npm run test:matrix -- lvm\`). "Not
possible": that version has no command by which this harm comes (\`vgck --updatemetadata\` came with 2.03.05). Versions that the
system does not have were built from lvm2's sources.

| harmed by | repaired by | passed | failed | not possible | date |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
