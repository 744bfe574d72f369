import { tryRun } from './run.ts';

/** Of a source without its history. */
const fallbackSeconds = 1_700_000_000;

/** The time that all that is made bears, in seconds since 1970: SOURCE_DATE_EPOCH, else the last commit's. */
export function sourceDateEpoch(root: string): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined && /^\d+$/.test(given)) return Number(given);
  const commit = tryRun('git', ['log', '-1', '--format=%ct'], { cwd: root })?.trim();
  return commit ? Number(commit) : fallbackSeconds;
}
