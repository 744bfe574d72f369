/**
 * `record-lvm.ts VERSION=LVM…`: lets each of these lvm binaries repair every world that older lvm has harmed, through the
 * built lvmedic, and keeps what they print and write in test/fixtures/old-lvm-runs/. Needs root. docs/lab.md.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { OldWorld, oldWorlds } from '../vm-harness/lab/old-worlds.ts';
import { productCommand } from '../vm-harness/lab/product.ts';
import { type RecordedRun, recorderFor, saveRecording } from '../vm-harness/lab/stand-in.ts';

for (const word of process.argv.slice(2)) {
  const [version = '', lvm = ''] = word.split('=');
  const worlds: Record<string, RecordedRun[]> = {};
  for (const name of oldWorlds()) {
    const world = new OldWorld(name);
    const file = path.join(world.dir, 'runs');
    fs.writeFileSync(file, '');
    const [command = '', ...before] = productCommand();
    const ran = spawnSync(
      command,
      [
        ...[...before, 'repair', '--unattended', ...world.targets(), '--state-dir', `${world.dir}/state`],
        ...['--lvm', recorderFor(lvm, world, file)],
      ],
      { encoding: 'utf8', env: { PATH: process.env.PATH, LVM_SYSTEM_DIR: `${world.dir}/etc-lvm` } },
    );
    const problems = world.case.expect === 'repaired' ? world.problems() : [];
    console.log(`${version} ${name}: exit ${ran.status}${problems.map((each) => `; ${each}`).join('')}`);
    const runs = fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RecordedRun);
    // The rehearsal and the repair give the same commands, of which one recording is enough.
    const distinct = new Map(runs.map((each) => [JSON.stringify(each.argv), each]));
    worlds[name] = [...distinct.values()];
    world.dispose();
  }
  saveRecording({ lvm: version, worlds });
}
