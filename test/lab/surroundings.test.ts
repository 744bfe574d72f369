import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { repairProblems } from '../../vm-harness/lab/check.ts';
import { labUnavailable, removeTemporaryFolders, run } from '../../vm-harness/lab/host.ts';
import { productEnvironment } from '../../vm-harness/lab/product.ts';
import { type Attempt, attempt, EXIT, Incident, resultOf } from './rough-handling.ts';

afterAll(removeTemporaryFolders);

const UNDONE = EXIT.error + EXIT.left;

describe.skipIf(labUnavailable() !== null)('around a repair', () => {
  let incident: Incident;
  let broken: Record<string, string>;

  beforeAll(() => {
    incident = new Incident('lvm2-pv-marked-missing');
    broken = incident.world.fingerprint();
  });
  beforeEach(() => incident.restore('broken'));
  afterAll(() => incident?.dispose());

  test('folders of people, in the folder of the records, are theirs: neither a dry run nor a repair removes one', () => {
    const { stateDir } = incident.world;
    const theirs = ['replica-set', 'replica-vm01-backup'].map((name) => join(stateDir, name, 'disk.vmdk'));
    for (const file of theirs) {
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, 'precious');
    }
    // No room where replicas would be put first, so the folder of the records is where they go.
    const small = 'mount -t tmpfs -o size=64k none /run/lvmedic; exec "$@"';
    mkdirSync('/run/lvmedic', { recursive: true });
    const through = ['unshare', '--mount', 'sh', '-c', small, 'sh'];
    const dry = incident.attempt(['repair', '--dry-run', '--json', ...incident.targets()], { through });
    expect(resultOf(dry).rehearsal, dry.transcript).toMatchObject({ kind: 'replica', passed: true });
    const ran = incident.repair({ through });
    expect(ran.status, ran.transcript).toBe(EXIT.repaired);
    expect(theirs.filter(existsSync), ran.transcript).toEqual(theirs);
  });

  test('a command leaves a daemon behind that keeps its output open: the repair goes on to its end', () => {
    const ended = join(incident.world.dir, 'daemon');
    const lvm = incident.fakeLvm(`setsid sh -c 'echo $$ > ${ended}; exec sleep 60' & exec "$lvm" "$@"`);
    const ran = incident.repair({ lvm });
    run('kill', [readFileSync(ended, 'utf8').trim()]);
    expect(ran.status, ran.transcript).toBe(EXIT.repaired);
    expect(repairProblems(incident.world)).toEqual([]);
  });

  test.each([
    ['', ':'],
    [', and blockdev is missing', 'mount --bind /dev/null "$(readlink -f "$(command -v blockdev)")"'],
  ])('a disk that holds other bytes than the kernel remembers of it%s: undone', (_, hide) => {
    // What is read into memory hides that the label below is wiped after it.
    const lvm = incident.fakeLvm(`
"$lvm" "$@"
status=$?
second=$(echo "$*" | sed "s/.*--devices [^,]*,\\([^ ,]*\\).*/\\1/")
dd if="$second" of=/dev/null bs=64k count=16 2>/dev/null
sync
image=$(cat "/sys/block/\${second##*/}/loop/backing_file")
dd if=/dev/zero of="$image" bs=512 seek=1 count=1 conv=notrunc 2>/dev/null
exit $status`);
    const through = ['unshare', '--mount', 'sh', '-c', `${hide}; exec "$@"`, 'sh'];
    const ran = incident.repair({ lvm, through });
    expect(resultOf(ran).outcome, ran.transcript).toBe('undone');
    expect(ran.status, ran.transcript).toBe(UNDONE);
    expect(incident.world.fingerprint(), ran.transcript).toEqual(broken);
  });

  /** Throws an exception that nobody expects when it gets SIGUSR2. */
  function repairWithBug(lvm: string): Attempt {
    const { dir, stateDir } = incident.world;
    const bug = join(dir, 'bug.mjs');
    writeFileSync(bug, `process.on('SIGUSR2', () => { throw new Error('no such luck'); });\n`);
    const program = [process.execPath, '--import', bug, join(import.meta.dirname, '../../src/main.ts')];
    const args = ['repair', '--unattended', '--state-dir', stateDir, '--lvm', lvm, ...incident.targets()];
    return attempt([...program, ...args], productEnvironment(incident.world));
  }

  test('a bug in lvmedic while lvm writes: half-way is said, with the record, and the next run ends it', () => {
    const { stateDir } = incident.world;
    const done = join(incident.world.dir, 'done');
    const lvm = incident.fakeLvm(`kill -USR2 $PPID; "$lvm" "$@"; status=$?; touch ${done}; exit $status`);
    const ran = repairWithBug(lvm);
    expect(ran.stderr, ran.transcript).toContain('no such luck');
    expect(ran.status, ran.transcript).toBe(EXIT.halfway);
    expect(ran.stderr, ran.transcript).toContain(join(stateDir, 'undo'));
    const next = incident.repair();
    expect(existsSync(done), 'it waits for the command that is still at work').toBe(true);
    expect(next.status, next.transcript).toBe(EXIT.repaired);
    expect(repairProblems(incident.world)).toEqual([]);
  });

  test('a bug before anything was written is none of the disks: nothing is half-done', () => {
    const lvm = incident.fakeLvm('kill -USR2 $PPID; exec "$lvm" "$@"', { alsoRehearsal: true });
    const ran = repairWithBug(lvm);
    expect(ran.stderr, ran.transcript).toContain('no such luck');
    expect(ran.status, ran.transcript).toBe(EXIT.error);
    expect(incident.world.fingerprint(), ran.transcript).toEqual(broken);
  });
});
