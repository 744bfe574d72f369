import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders, run } from '../../vm-harness/lab/host.ts';
import { EXIT, Incident, resultOf } from './rough-handling.ts';

afterAll(removeTemporaryFolders);

const UNDONE = EXIT.error + EXIT.left;
/** The second device of `--devices`: the disk that has come back. */
const SECOND = 'second=$(echo "$*" | sed "s/.*--devices [^,]*,\\([^ ,]*\\).*/\\1/")';
/** A loop device stays read-only beyond its image, so it is made writable again. */
const readOnlyMeanwhile = `${SECOND}; blockdev --setro "$second"; "$lvm" "$@"; status=$?; blockdev --setrw "$second"`;

describe.skipIf(labUnavailable() !== null)('a disk, or the place of the records, fails in the middle', () => {
  let incident: Incident;
  let broken: Record<string, string>;
  let memory: string;

  beforeAll(() => {
    incident = new Incident('lvm2-pv-marked-missing');
    broken = incident.world.fingerprint();
    memory = join(incident.world.dir, 'memory');
    mkdirSync(memory);
  });
  beforeEach(() => incident.restore('broken'));
  afterEach(() => {
    if (isMounted) run('umount', [memory]);
    isMounted = false;
    expect(incident.leftLoops()).toEqual([]);
  });
  afterAll(() => incident?.dispose());

  let isMounted = false;
  function mountMemory(size: string): void {
    run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', memory]);
    isMounted = true;
  }
  const fill = `dd if=/dev/zero of='FOLDER/filler' bs=4k 2>/dev/null`;
  const fillMemory = () => run('sh', ['-c', `${fill.replace('FOLDER', memory)}; true`]);

  /** The disk in a place that has room for what it holds and for nothing else. */
  function crampedDisk(): string {
    mountMemory('60m');
    const cramped = join(memory, 'd2.img');
    run('cp', ['--sparse=always', incident.world.image('d2'), cramped]);
    fillMemory();
    return cramped;
  }
  const sha256 = (file: string) => run('sha256sum', [file]).split(' ')[0];

  test('a disk that takes no more writes: lvm fails, and the disk that it did write is as before', () => {
    const cramped = crampedDisk();
    const before = sha256(cramped);
    const ran = incident.repair({ targets: [incident.world.image('d1'), cramped] });
    expect(ran.status, ran.transcript).toBe(UNDONE);
    expect(resultOf(ran).outcome, ran.transcript).toBe('undone');
    expect(incident.world.fingerprint(), ran.transcript).toEqual(broken);
    expect(sha256(cramped)).toBe(before);
  });

  test('a disk that fails for good once lvm wrote it: half-way is said, with the record to go back by', () => {
    const cramped = crampedDisk();
    // The holes are where the next writes find no room.
    const lvm = incident.fakeLvm(
      `"$lvm" "$@"; fallocate -p -o 0 -l 1M '${cramped}'; ${fill.replace('FOLDER', memory).replace('filler', 'more')}; exit 5`,
    );
    const ran = incident.repair({ lvm, targets: [incident.world.image('d1'), cramped] });
    expect(ran.status, ran.transcript).toBe(EXIT.halfway);
    const { undoRecord, failures } = resultOf(ran);
    expect(undoRecord?.path, ran.transcript).toContain(incident.world.stateDir);
    expect(failures?.join('\n'), ran.transcript).toMatch(/d2\.img/);
    rmSync(join(memory, 'filler'));
    rmSync(join(memory, 'more'), { force: true });
    const back = incident.undo();
    expect(back.status, back.transcript).toBe(EXIT.healthy);
    expect(incident.world.fingerprint(), back.transcript).toEqual(broken);
  });

  test('a disk that turns read-only before lvm runs: undone', () => {
    const lvm = incident.fakeLvm(`${readOnlyMeanwhile}; exit $status`);
    const ran = incident.repair({ lvm });
    expect(ran.status, ran.transcript).toBe(UNDONE);
    expect(incident.world.fingerprint(), ran.transcript).toEqual(broken);
  });

  test('disks that are read-only from the start: declined, with that reason', () => {
    const ran = incident.repair({ targets: incident.world.loopTargets({ readOnly: true }) });
    incident.world.detach();
    expect(ran.status, ran.transcript).toBe(EXIT.left);
    expect(
      resultOf(ran)
        .declined?.map(({ reason }) => reason)
        .join(),
      ran.transcript,
    ).toMatch(/read-only/);
    expect(incident.world.fingerprint()).toEqual(broken);
  });

  test.each(['/proc/sys/lvmedic/x', '/etc/hostname/lvmedic'])(
    'records cannot be kept in %s: nothing is changed',
    (stateDir) => {
      const ran = incident.repair({ stateDir });
      expect(ran.status, ran.transcript).toBe(UNDONE);
      expect(resultOf(ran).failures?.join(), ran.transcript).toMatch(/undo record.*--state-dir/);
      expect(incident.world.fingerprint(), ran.transcript).toEqual(broken);
    },
  );

  test('the place of the records is full: nothing is changed', () => {
    mountMemory('64k');
    fillMemory();
    const ran = incident.repair({ stateDir: memory });
    expect(ran.status, ran.transcript).toBe(UNDONE);
    expect(resultOf(ran).failures?.join(), ran.transcript).toMatch(/ENOSPC/);
    expect(incident.world.fingerprint(), ran.transcript).toEqual(broken);
  });

  test('the place of the records becomes full while lvm works: undone, and no word of a bug', () => {
    mountMemory('20m');
    const lvm = incident.fakeLvm(`${fill.replace('FOLDER', memory)}; exec "$lvm" "$@"`);
    const ran = incident.repair({ lvm, stateDir: memory });
    expect(ran.transcript).not.toContain('bug in lvmedic');
    expect(ran.status, ran.transcript).toBe(UNDONE);
    expect(incident.world.fingerprint(), ran.transcript).toEqual(broken);
  });

  test('the place of the records is full when a run that was cut off before its first step is found: said, and no word of a bug', () => {
    mountMemory('20m');
    const killed = incident.repair({ lvm: incident.fakeLvm('kill -9 $PPID'), stateDir: memory });
    expect(killed.signal, killed.transcript).toBe('SIGKILL');
    run('sh', ['-c', `truncate -s 0 '${memory}'/undo/*/journal.ndjson`]);
    fillMemory();
    const ran = incident.repair({ stateDir: memory });
    expect(ran.transcript).not.toContain('bug in lvmedic');
    expect(ran.transcript).toMatch(/a repair was interrupted .*ENOSPC/);
    expect(ran.status, ran.transcript).toBe(EXIT.error);
    expect(incident.world.fingerprint(), ran.transcript).toEqual(broken);
  });

  test('the records are gone while lvm works: undone from memory, or half-way is said; never a crash', () => {
    const { stateDir } = incident.world;
    const lvm = incident.fakeLvm(`mv '${stateDir}' '${stateDir}.gone'; exec "$lvm" "$@"`);
    const ran = incident.repair({ lvm });
    rmSync(stateDir, { recursive: true, force: true });
    run('mv', [`${stateDir}.gone`, stateDir]);
    expect(ran.transcript).not.toContain('bug in lvmedic');
    expect([UNDONE, EXIT.halfway], ran.transcript).toContain(ran.status);
    if (ran.status === EXIT.halfway) expect(incident.undo().status).toBe(EXIT.healthy);
    expect(incident.world.fingerprint(), ran.transcript).toEqual(broken);
  });

  describe('an lvm that cannot be had or believed', () => {
    test('a named lvm that is not there: an error, not a repair without it', () => {
      const ran = incident.repair({ lvm: '/nonexistent/lvm' });
      expect(ran.status, ran.transcript).toBe(EXIT.error);
      expect(ran.transcript).toContain('/nonexistent/lvm is no lvm that runs here');
      expect(incident.world.fingerprint()).toEqual(broken);
    });

    test('no lvm on the machine: declined, with that reason', () => {
      const hide = 'mount --bind /dev/null "$(readlink -f "$(command -v lvm)")"; exec "$@"';
      const ran = incident.repair({ through: ['unshare', '--mount', 'sh', '-c', hide, 'sh'] });
      expect(ran.status, ran.transcript).toBe(EXIT.left);
      expect(
        resultOf(ran)
          .declined?.map(({ reason }) => reason)
          .join(),
        ran.transcript,
      ).toMatch(/lvm/);
      expect(incident.world.fingerprint()).toEqual(broken);
    });

    test('one that says yes and does nothing: the rehearsal sees it', () => {
      const ran = incident.repair({ lvm: incident.fakeLvm('exit 0', { alsoRehearsal: true }) });
      expect(ran.status, ran.transcript).toBe(EXIT.left);
      expect(resultOf(ran).rehearsal, ran.transcript).toMatchObject({ passed: false });
      expect(incident.world.fingerprint()).toEqual(broken);
    });

    test.each([
      ['does nothing', 'exit 0'],
      ['writes one disk only', `${readOnlyMeanwhile}; exit 0`],
      [
        'wipes a label afterwards',
        `${SECOND}; "$lvm" "$@"; dd if=/dev/zero of="$second" bs=512 count=8 2>/dev/null`,
      ],
      [
        'throws the disk out in place of taking it back',
        `dev=$(echo "$*" | sed "s/.*--devices \\([^ ]*\\).*/\\1/")
"$lvm" vgreduce -y --driverloaded n --devices "\${dev%%,*}" --removemissing --force vm1-vg; exit 0`,
      ],
    ])('one that says yes on the disks themselves and %s: undone', (_, script) => {
      const ran = incident.repair({ lvm: incident.fakeLvm(script) });
      expect(resultOf(ran).outcome, ran.transcript).toBe('undone');
      expect(ran.status, ran.transcript).toBe(UNDONE);
      expect(incident.world.fingerprint(), ran.transcript).toEqual(broken);
    });
  });
});
