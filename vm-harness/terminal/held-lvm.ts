import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabWorld } from '../lab/world.ts';

/** Where lvm can be held: before it works on the copies, before it works on the disks, and after that. */
export type Hold = 'rehearsal' | 'repair' | 'repaired';

const PATIENCE_MS = 20_000;

/** The real lvm, for `--lvm`, which waits where a test wants to look around in the middle of a repair. */
export class HeldLvm {
  readonly path: string;
  readonly #folder: string;

  constructor(world: LabWorld) {
    this.#folder = world.dir;
    this.path = join(world.dir, 'held-lvm');
    const at = (name: string) => `'${join(world.dir, name)}'`;
    const wait = (hold: string) =>
      `: > ${at('reached-')}"${hold}"; while [ -e ${at('hold-')}"${hold}" ]; do sleep 0.05; done`;
    writeFileSync(
      this.path,
      `#!/bin/sh
lvm=$(command -v lvm)
case "$*" in
  version*) exec "$lvm" "$@" ;;
  *locking_dir=*) ${wait('rehearsal')}; exec "$lvm" "$@" ;;
esac
${wait('repair')}
"$lvm" "$@"
status=$?
${wait('repaired')}
exit $status
`,
    );
    chmodSync(this.path, 0o755);
  }

  /** From now on lvm waits there. */
  hold(where: Hold): void {
    rmSync(this.#file('reached', where), { force: true });
    writeFileSync(this.#file('hold', where), '');
  }

  /** Returns when lvm is there. */
  async reached(where: Hold): Promise<void> {
    const deadlineMs = Date.now() + PATIENCE_MS;
    while (!existsSync(this.#file('reached', where))) {
      if (Date.now() > deadlineMs) throw new Error(`lvm did not come to "${where}"`);
      await sleep(20);
    }
  }

  /** Lets lvm go on, wherever it waits. */
  release(): void {
    for (const where of ['rehearsal', 'repair', 'repaired'] as const) {
      rmSync(this.#file('hold', where), { force: true });
    }
  }

  #file(kind: 'hold' | 'reached', where: Hold): string {
    return join(this.#folder, `${kind}-${where}`);
  }
}
