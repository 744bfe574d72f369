import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../vm-harness/lab/host.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { type ProductResult, productCommand, productEnvironment } from '../../vm-harness/lab/product.ts';
import type { LabWorld } from '../../vm-harness/lab/world.ts';
import { allRecipes } from '../../vm-harness/recipes/index.ts';

export const EXIT = { healthy: 0, repaired: 1, left: 4, error: 8, usage: 16, cancelled: 32, halfway: 64 };

export interface Attempt {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** All that it said, for a person who looks at a failed test. */
  readonly transcript: string;
}

export interface AttemptOptions {
  /** Words before the program: strace, setpriv, a shell. */
  readonly through?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stateDir?: string;
}

/** For {@link Incident.fakeLvm}. Half-way: the label is there, the metadata is not. */
export const KILLED_AFTER_PVCREATE =
  'case "$*" in pvcreate*) "$lvm" "$@"; kill -9 $PPID;; esac; exec "$lvm" "$@"';

/** A broken world that can be put back into any state that was kept, at the same inodes. */
export class Incident {
  readonly world: LabWorld;
  readonly #kept = new Set<string>();

  constructor(recipeId: string) {
    const recipe = allRecipes.find(({ id }) => id === recipeId);
    if (recipe === undefined) throw new Error(`no recipe ${recipeId}`);
    this.world = prepare(recipe);
    this.keep('broken');
  }

  /** Keeps disks and undo records under a name. */
  keep(name: string): void {
    const { dir } = this.world;
    this.world.detach();
    rmSync(join(dir, 'kept', name), { recursive: true, force: true });
    mkdirSync(join(dir, 'kept', name), { recursive: true });
    run('cp', ['-a', '--sparse=always', join(dir, 'disks'), join(dir, 'state'), join(dir, 'kept', name)]);
    this.#kept.add(name);
  }

  /** Everything as it was kept; the image files stay the same files. */
  restore(name: string): void {
    const { dir } = this.world;
    this.world.detach();
    if (!this.#kept.has(name)) throw new Error(`nothing kept as ${name}`);
    rmSync(join(dir, 'state'), { recursive: true, force: true });
    run('cp', [
      '-a',
      '--sparse=always',
      join(dir, 'kept', name, 'disks'),
      join(dir, 'kept', name, 'state'),
      dir,
    ]);
  }

  /** The images of the volume group's disks. */
  targets(): string[] {
    this.world.detach();
    return this.world
      .present()
      .filter((name) => /^d\d+$/.test(name))
      .map((name) => this.world.image(name));
  }

  argv(args: readonly string[], stateDir = this.world.stateDir): string[] {
    return [...productCommand(), ...args, '--state-dir', stateDir];
  }

  attempt(args: readonly string[], options: AttemptOptions = {}): Attempt {
    return attempt([...(options.through ?? []), ...this.argv(args, options.stateDir)], {
      ...productEnvironment(this.world),
      ...options.env,
    });
  }

  repair(
    options: AttemptOptions & { readonly lvm?: string; readonly targets?: readonly string[] } = {},
  ): Attempt {
    const lvm = options.lvm === undefined ? [] : ['--lvm', options.lvm];
    return this.attempt(
      ['repair', '--unattended', '--json', ...lvm, ...(options.targets ?? this.targets())],
      options,
    );
  }

  undo(options: AttemptOptions = {}): Attempt {
    this.world.detach();
    return this.attempt(['undo', '--unattended', '--json'], options);
  }

  /**
   * An `lvm` that runs `script` in place of every call to the disks themselves; calls of the rehearsal go through.
   * The script knows the call's number `$n`, the real lvm `$lvm` and its arguments.
   */
  fakeLvm(script: string, options: { readonly alsoRehearsal?: boolean } = {}): string {
    const file = join(this.world.dir, 'lvm');
    const count = join(this.world.dir, 'lvm-calls');
    rmSync(count, { force: true });
    const passed = options.alsoRehearsal ? 'version' : 'version*|*locking_dir=*';
    writeFileSync(
      file,
      `#!/bin/sh
lvm=$(command -v lvm)
case "$*" in ${passed}) exec "$lvm" "$@";; esac
echo x >> '${count}'
n=$(wc -l < '${count}')
${script}
`,
    );
    chmodSync(file, 0o755);
    return file;
  }

  /** Loop devices that hang on this world's images. */
  leftLoops(): string[] {
    this.world.detach();
    // The kernel frees one a moment after its last close.
    const deadlineMs = Date.now() + 2000;
    while (loopsOver(this.world.dir).length > 0 && Date.now() < deadlineMs) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
    return loopsOver(this.world.dir);
  }

  dispose(): void {
    for (const loop of this.leftLoops()) run('losetup', ['--detach', `/dev/${loop}`]);
    this.world.dispose();
  }
}

export function attempt(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Attempt {
  const [command = '', ...args] = argv;
  const ran: SpawnSyncReturns<string> = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: 30_000,
    killSignal: 'SIGKILL',
    maxBuffer: 256 * 1024 * 1024,
    env: { PATH: process.env.PATH, LC_ALL: 'C', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const transcript = `${argv.join(' ')}\nexit ${ran.status ?? ran.signal}\n${ran.stdout}${ran.stderr}`;
  const { status, signal, stdout, stderr } = ran;
  return { status, signal, stdout, stderr, transcript };
}

/** The last line of `--json`; throws when it is no result. */
export function resultOf({
  stdout,
  transcript,
}: Attempt): ProductResult & { error?: string; failures?: string[] } {
  try {
    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    if (result.type === 'result') return result;
  } catch {}
  throw new Error(`the last line is no result:\n${transcript}`);
}

function loopsOver(folder: string): string[] {
  return readdirSync('/sys/block').filter((name) => {
    const file = `/sys/block/${name}/loop/backing_file`;
    return existsSync(file) && readFileSync(file, 'utf8').startsWith(`${folder}/disks/`);
  });
}
