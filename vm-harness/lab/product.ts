import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { REPAIR_LVM } from './lvm-tool.ts';
import type { LabWorld } from './world.ts';

/** The result line of `diagnose` and `repair` as `docs` promise it, read as a stranger would: by name only. */
export interface ProductResult {
  readonly type: 'result';
  readonly schemaVersion: number;
  readonly command: string;
  readonly exitStatus: number;
  readonly volumeGroups: readonly {
    readonly name: string;
    readonly uuid: string;
    readonly healthy: boolean;
  }[];
  readonly findings: readonly ProductFinding[];
  readonly outcome?: 'healthy' | 'repaired' | 'declined' | 'failed' | 'undone' | 'cancelled';
  readonly rehearsal?: { readonly kind: 'replica' | 'model'; readonly passed: boolean } | null;
  readonly undoRecord?: { readonly id: string; readonly path: string; readonly durability: string } | null;
  readonly declined?: readonly { readonly fault: string; readonly reason: string }[];
  /** Of `undo`. */
  readonly restoredBytes?: number;
}

interface ProductFinding {
  readonly id: string;
  readonly fault: string;
  readonly volumeGroup: { readonly name: string; readonly uuid: string } | null;
  readonly devices: readonly string[];
  readonly severity: 'info' | 'warning' | 'error';
  readonly explainedBy: string | null;
  readonly evidence: readonly {
    readonly device: string;
    readonly partition: number | null;
    readonly offsetBytes: number;
    readonly found: string;
    readonly expected: string;
  }[];
  readonly remedies: readonly { readonly id: string; readonly policy: string }[];
}

export interface ProductRun {
  readonly status: number;
  readonly result: ProductResult;
  /** All that it said, for a person who looks at a failed test. */
  readonly transcript: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The product's argv: the built file, else its sources. */
export function productCommand(): readonly string[] {
  const built = process.env.LVMEDIC ?? `${root}dist/lvmedic`;
  return existsSync(built) ? [built] : [process.execPath, `${root}src/main.ts`];
}

/** Environment of the product in a world: the guest's /etc/lvm in place of this machine's. */
export function productEnvironment(world: LabWorld): Record<string, string> {
  return { LVM_SYSTEM_DIR: world.lvmDir, LC_ALL: 'C' };
}

/** Runs lvmedic on a world and gives its result line; throws when there is none. */
export function runProduct(world: LabWorld, args: readonly string[]): ProductRun {
  const [command = '', ...before] = productCommand();
  const lvm = REPAIR_LVM === null ? [] : ['--lvm', REPAIR_LVM];
  const argv = [...before, ...args, '--json', '--state-dir', world.stateDir, ...lvm];
  const ran = spawnSync(command, argv, {
    encoding: 'utf8',
    timeout: 120_000,
    maxBuffer: 64 * 1024 * 1024,
    env: { PATH: process.env.PATH, ...productEnvironment(world) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const transcript = `${[command, ...argv].join(' ')}\nexit ${ran.status ?? ran.signal}\n${ran.stdout}${ran.stderr}`;
  const last = ran.stdout.trimEnd().split('\n').at(-1) ?? '';
  let result: unknown;
  try {
    result = JSON.parse(last);
  } catch {
    throw new Error(`no result line:\n${transcript}`);
  }
  if ((result as { type?: unknown } | null)?.type !== 'result')
    throw new Error(`the last line is no result:\n${transcript}`);
  return { status: ran.status ?? -1, result: result as ProductResult, transcript };
}

/** Faults that nothing else explains and that are more than information; sorted, each once. */
export function openFaults(result: ProductResult): string[] {
  const open = result.findings.filter(
    (finding) => finding.explainedBy === null && finding.severity !== 'info',
  );
  return [...new Set(open.map((finding) => finding.fault))].sort();
}
