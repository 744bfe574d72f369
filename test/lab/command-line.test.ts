import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { repairProblems } from '../../vm-harness/lab/check.ts';
import { labUnavailable, removeTemporaryFolders, run } from '../../vm-harness/lab/host.ts';
import { productCommand } from '../../vm-harness/lab/product.ts';
import { attempt, EXIT, Incident, resultOf } from './rough-handling.ts';

afterAll(removeTemporaryFolders);

const shell = (argv: readonly string[]) => argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');

describe.skipIf(labUnavailable() !== null)('the command line under rough hands', () => {
  let incident: Incident;
  let broken: Record<string, string>;

  beforeAll(() => {
    incident = new Incident('lvm2-pv-marked-missing');
    broken = incident.world.fingerprint();
  });
  beforeEach(() => incident.restore('broken'));
  afterAll(() => incident?.dispose());

  test.each([
    [['repiar'], /no command "repiar"/],
    [['diagnose', '--frobnicate'], /--frobnicate/],
    [['repair', '--unattended', '--policy', 'brave'], /unknown policy "brave": report, safe/],
    [['repair', '--unattended', '--remedy', 'x'], /--remedy and --vg go together/],
    [['repair', '--unattended', '--vg', 'x'], /--remedy and --vg go together/],
    [['diagnose', '--unattended'], /--unattended/],
    [['repair'], /needs a terminal.*repair --unattended/],
    [['undo', '--unattended', 'one', 'two'], /one record at a time/],
    [['repair', '--lvm'], /--lvm/],
  ])('used wrongly, it says how to use it: %j', (args, message) => {
    const ran = incident.attempt(args);
    expect(ran.status, ran.transcript).toBe(EXIT.usage);
    expect(ran.stderr + ran.stdout).toMatch(message);
    expect(incident.world.fingerprint()).toEqual(broken);
  });

  test('targets that are none are refused by name, for every command', () => {
    const qcow2 = join(incident.world.dir, 'disk.qcow2');
    writeFileSync(qcow2, Buffer.concat([Buffer.from('QFI\xfb\0\0\0\x03', 'latin1'), Buffer.alloc(65536)]));
    for (const [target, message] of [
      ['/no/such/disk', /\/no\/such\/disk.*ENOENT/],
      ['/tmp', /\/tmp.*neither a block device nor an image/],
      ['/dev/null', /neither a block device nor an image/],
      [qcow2, /qcow2 image/],
    ] as const) {
      for (const command of [['diagnose'], ['repair', '--unattended']]) {
        const ran = incident.attempt([...command, '--json', ...incident.targets(), target]);
        expect(ran.status, ran.transcript).toBe(EXIT.error);
        expect(resultOf(ran).error, ran.transcript).toMatch(message);
      }
    }
    expect(incident.world.fingerprint()).toEqual(broken);
  });

  test('the same disk named twice is one disk', () => {
    const [d1 = '', d2 = ''] = incident.targets();
    const ran = incident.repair({ targets: [d1, d2, d1, join(d2, '..', '.', 'd2.img')] });
    expect(ran.status, ran.transcript).toBe(EXIT.repaired);
    expect(repairProblems(incident.world)).toEqual([]);
  });

  test('two at once: the second says who is at work, and the first ends its repair', () => {
    const second = join(incident.world.dir, 'second');
    const argv = incident.argv(['repair', '--unattended', '--json', ...incident.targets()]);
    const lvm = incident.fakeLvm(`${shell(argv)} > ${second}; echo $? > ${second}.status; exec "$lvm" "$@"`);
    const first = incident.repair({ lvm });
    expect(first.status, first.transcript).toBe(EXIT.repaired);
    expect(readFileSync(`${second}.status`, 'utf8').trim()).toBe(String(EXIT.error));
    const last = readFileSync(second, 'utf8').trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toEqual({
      ...{ type: 'result', schemaVersion: 1, command: 'repair', exitStatus: EXIT.error, outcome: 'failed' },
      error: expect.stringMatching(/another lvmedic is at work \(process \d+\)/),
    });
  });

  test('a reader that goes away after one line leaves no repair half-done', () => {
    const status = join(incident.world.dir, 'status');
    const ran = incident.attempt(['repair', '--unattended', ...incident.targets()], {
      through: ['sh', '-c', `("$@"; echo $? > ${status}) | head -n 1`, 'sh'],
    });
    expect(readFileSync(status, 'utf8').trim(), ran.transcript).toBe(String(EXIT.repaired));
    expect(repairProblems(incident.world)).toEqual([]);
  });

  test.each([
    ['Ctrl-C during the rehearsal', 'INT', true],
    ['Ctrl-C while lvm writes', 'INT', false],
    ['a shutdown while lvm writes', 'TERM', false],
    ['a closed console while lvm writes', 'HUP', false],
  ])('%s: stopped, every byte as before', (_, signal, alsoRehearsal) => {
    const lvm = incident.fakeLvm(`kill -${signal} $PPID; sleep 0.3; exec "$lvm" "$@"`, { alsoRehearsal });
    const ran = incident.repair({ lvm });
    // Once the last step is done there is nothing left to stop: then it may also end whole.
    if (!alsoRehearsal && ran.status === EXIT.repaired) {
      expect(repairProblems(incident.world), ran.transcript).toEqual([]);
      return;
    }
    expect(ran.status, ran.transcript).toBe(EXIT.cancelled + EXIT.left);
    expect(resultOf(ran).outcome).toBe('cancelled');
    expect(incident.world.fingerprint(), ran.transcript).toEqual(broken);
  });

  test('Ctrl-C between the steps of a repair: what was done goes back', () => {
    const steps = new Incident('lvm2-label-damaged');
    try {
      const before = steps.world.fingerprint();
      const lvm = steps.fakeLvm('kill -INT $PPID; sleep 0.3; exec "$lvm" "$@"');
      const ran = steps.repair({ lvm });
      expect(ran.status, ran.transcript).toBe(EXIT.cancelled + EXIT.left);
      expect(steps.world.fingerprint(), ran.transcript).toEqual(before);
    } finally {
      steps.dispose();
    }
  });

  test('diagnose needs no root for images that can be read', () => {
    run('chmod', ['-R', 'a+rX', incident.world.dir]);
    const program = join(incident.world.dir, 'lvmedic');
    const [built = ''] = productCommand();
    run('cp', [built, program]);
    chmodSync(program, 0o755);
    const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const ran = attempt([...asNobody, program, 'diagnose', '--json', ...incident.targets()]);
    expect(ran.status, ran.transcript).toBe(EXIT.left);
    expect(resultOf(ran).findings.map(({ fault }) => fault)).toContain('lvm2-pv-marked-missing');
    chmodSync(incident.world.image('d1'), 0o600);
    const refused = attempt([...asNobody, program, 'diagnose', '--json', ...incident.targets()]);
    expect(refused.status, refused.transcript).toBe(EXIT.error);
    expect(resultOf(refused).error).toMatch(/d1\.img.*EACCES/);
  });

  describe.skipIf(spawnSync('tmux', ['-V']).status !== 0)('on a terminal of 80 columns and 24 lines', () => {
    const socket = () => join(incident.world.dir, 'tmux');
    const tmux = (...args: string[]) =>
      spawnSync('tmux', ['-S', socket(), ...args], { encoding: 'utf8' }).stdout;

    /** Starts a repair, waits for its question, types, and gives the exit status and the terminal's settings. */
    async function answer(...keys: string[]): Promise<{ status: string; screen: string; terminal: string }> {
      const folder = incident.world.dir;
      run('rm', ['-f', `${folder}/status`, `${folder}/stty`]);
      const line = shell(incident.argv(['repair', ...incident.targets()]));
      const script = `stty -a > ${folder}/stty0; LVM_SYSTEM_DIR=${incident.world.lvmDir} ${line}; s=$?; stty -a > ${folder}/stty; echo $s > ${folder}/status; sleep 20`;
      tmux('-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '24', `sh -c ${shell([script])}`);
      try {
        await until(
          () => tmux('capture-pane', '-p').includes('(y/N)'),
          () => tmux('capture-pane', '-p'),
        );
        tmux('send-keys', ...keys);
        await until(
          () => existsSync(`${folder}/status`),
          () => tmux('capture-pane', '-p'),
        );
        const read = (name: string) => readFileSync(join(folder, name), 'utf8').trim();
        expect(read('stty')).toBe(read('stty0'));
        return { status: read('status'), screen: tmux('capture-pane', '-p'), terminal: read('stty') };
      } finally {
        tmux('kill-server');
      }
    }

    async function until(isTrue: () => boolean, screen: () => string): Promise<void> {
      for (let tries = 0; tries < 150; tries++) {
        if (isTrue()) return;
        await sleep(100);
      }
      throw new Error(`the terminal never got there:\n${screen()}`);
    }

    test('y repairs', async () => {
      const { status, screen } = await answer('y', 'Enter');
      expect(status, screen).toBe(String(EXIT.repaired));
      expect(repairProblems(incident.world), screen).toEqual([]);
    });

    test.each([
      ['Enter means no', 'Enter'],
      ['Ctrl-C at the question means no', 'C-c'],
    ])('%s, and the terminal is as it was', async (_, key) => {
      const { status, screen } = await answer(key);
      // 32 alone where the person left at the question, 36 where the answer was no.
      expect([EXIT.cancelled, EXIT.cancelled + EXIT.left].map(String), screen).toContain(status);
      expect(incident.world.fingerprint(), screen).toEqual(broken);
      expect(existsSync(join(incident.world.stateDir, 'undo'))).toBe(false);
    });
  });
});
