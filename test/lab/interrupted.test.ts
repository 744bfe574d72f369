import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repairProblems } from '../../vm-harness/lab/check.ts';
import { labUnavailable, removeTemporaryFolders, run } from '../../vm-harness/lab/host.ts';
import { EXIT, Incident, KILLED_AFTER_PVCREATE, resultOf } from './rough-handling.ts';

afterAll(removeTemporaryFolders);

interface KillPoint {
  readonly number: number;
  readonly file: string;
}

/** Every fsync of a run at which the disks or the record can look different from the one before. */
function killPoints(incident: Incident, args: readonly string[]): KillPoint[] {
  const trace = join(incident.world.dir, 'trace');
  const ran = incident.attempt(args, { through: ['strace', '-y', '-o', trace, '-e', 'trace=fsync'] });
  const files = [...readFileSync(trace, 'utf8').matchAll(/^fsync\(\d+<(.*)>\)/gm)].map(
    ([, file = '']) => file,
  );
  if (files.length === 0) throw new Error(`nothing was made durable:\n${ran.transcript}`);
  const points = files.map((file, index) => ({ number: index + 1, file }));
  // A line that was appended is there before its folder is made durable; so are folders that were just made.
  return points.filter(
    ({ number, file }) =>
      !/\/(journal\.ndjson|undo|state)$/.test(files[number - 2] ?? '') || file.endsWith('.part'),
  );
}

const killAt = ({ number }: KillPoint) => [
  ...['strace', '-o', '/dev/null', '-e', 'trace=fsync'],
  ...['-e', `inject=fsync:signal=SIGKILL:when=${number}`],
];

describe.skipIf(labUnavailable() !== null).each([
  // Up to its first step a repair is the same for every fault: once is enough.
  ['lvm2-pv-marked-missing', 0],
  ['lvm2-label-damaged', 9],
  ['lvm2-metadata-split-brain', 11],
])('the power fails while %s is being repaired', (recipe, skipped) => {
  let incident: Incident;
  let broken: Record<string, string>;
  let points: KillPoint[];

  beforeAll(() => {
    incident = new Incident(recipe);
    broken = incident.world.fingerprint();
    points = killPoints(incident, ['repair', '--unattended', ...incident.targets()]);
    incident.restore('broken');
  });
  afterAll(() => incident?.dispose());

  /** From the state that the kill left: undo must bring every byte back, and repair, now or then, must end whole. */
  function wayOut(where: string, turn: number): void {
    if (turn % 2 === 0) goesBack(where);
    else endsWhole(where);
  }

  function goesBack(where: string): void {
    const isTouched = JSON.stringify(incident.world.fingerprint()) !== JSON.stringify(broken);
    const back = incident.undo();
    // Without a whole record there is nothing to undo: then nothing was written either.
    if (isTouched || back.status !== EXIT.error)
      expect(back.status, `${where}\n${back.transcript}`).toBe(EXIT.healthy);
    else expect(resultOf(back).error).toMatch(/no undo record/);
    expect(incident.world.fingerprint(), `${where}\n${back.transcript}`).toEqual(broken);
    expect(incident.leftLoops()).toEqual([]);
  }

  function endsWhole(where: string): void {
    const again = incident.repair();
    // A run whose journal says that it was over has nothing left to do.
    const isOver = again.status === EXIT.healthy;
    expect(resultOf(again).outcome, `${where}\n${again.transcript}`).toBe(isOver ? 'healthy' : 'repaired');
    expect(again.status, `${where}\n${again.transcript}`).toBe(isOver ? EXIT.healthy : EXIT.repaired);
    expect(incident.leftLoops()).toEqual([]);
    expect(repairProblems(incident.world), `${where}\n${again.transcript}`).toEqual([]);
  }

  test('killed at every journalled point, the next run goes back or forward, never half-way', () => {
    for (const [turn, point] of points.filter(({ number }) => number > skipped).entries()) {
      incident.restore('broken');
      const killed = incident.attempt(['repair', '--unattended', ...incident.targets()], {
        through: killAt(point),
      });
      const where = `killed at fsync ${point.number} of ${point.file}`;
      expect(killed.signal, `${where}\n${killed.transcript}`).toBe('SIGKILL');
      wayOut(where, turn);
    }
  });

  test.each([
    ['before lvm does anything', 'kill -9 $PPID; exit 0', true],
    ['when lvm has done its work', '"$lvm" "$@"; kill -9 $PPID; exit 0', false],
  ])('killed %s, at each of its calls', (_, script, wayBack) => {
    for (let call = 1; ; call++) {
      incident.restore('broken');
      const lvm = incident.fakeLvm(`[ $n -ne ${call} ] && exec "$lvm" "$@"\n${script}`);
      const killed = incident.repair({ lvm });
      if (killed.signal === null) {
        expect(call, killed.transcript).toBeGreaterThan(1);
        break;
      }
      wayOut(`lvm call ${call}`, call + (wayBack ? 0 : 1));
    }
  });
});

describe.skipIf(labUnavailable() !== null)(
  'the power fails again, while what it cut off is being taken back',
  () => {
    test('killed at every journalled point, the next run goes back or forward, and nothing is lost', () => {
      const incident = new Incident('lvm2-metadata-lost');
      try {
        const broken = incident.world.fingerprint();
        const killed = incident.repair({ lvm: incident.fakeLvm(KILLED_AFTER_PVCREATE) });
        expect(killed.signal, killed.transcript).toBe('SIGKILL');
        incident.keep('halfway');
        const points = killPoints(incident, ['undo', '--unattended']);
        for (const [turn, point] of points.entries()) {
          incident.restore('halfway');
          const again = incident.attempt(['undo', '--unattended'], { through: killAt(point) });
          const where = `killed at fsync ${point.number} of ${point.file}`;
          expect(again.signal, `${where}\n${again.transcript}`).toBe('SIGKILL');
          if (turn % 2 === 0) {
            const back = incident.repair();
            expect(back.status, `${where}\n${back.transcript}`).toBe(EXIT.repaired);
            expect(repairProblems(incident.world), where).toEqual([]);
          } else {
            const back = incident.undo();
            const isOver = /there is no undo record/.test(back.transcript);
            expect([EXIT.healthy, ...(isOver ? [EXIT.error] : [])], `${where}\n${back.transcript}`).toContain(
              back.status,
            );
            expect(incident.world.fingerprint(), `${where}\n${back.transcript}`).toEqual(broken);
          }
        }
      } finally {
        incident.dispose();
      }
    });
  },
);

describe.skipIf(labUnavailable() !== null)('the power fails, and the way back is damaged', () => {
  test('nothing is guessed: it says so, writes nothing, and repairs what is there with records kept elsewhere', () => {
    const incident = new Incident('lvm2-metadata-lost');
    try {
      const killed = incident.repair({
        lvm: incident.fakeLvm(KILLED_AFTER_PVCREATE),
      });
      expect(killed.signal, killed.transcript).toBe('SIGKILL');
      run('sh', ['-c', `truncate -s -1 '${incident.world.stateDir}'/undo/*/before.bin`]);
      const halfway = incident.world.fingerprint();

      const refused = incident.repair();
      expect(refused.status, refused.transcript).toBe(EXIT.error);
      expect(refused.transcript).toMatch(/was interrupted .* is damaged: .*--state-dir/);
      expect(incident.undo().status).toBe(EXIT.error);
      expect(incident.world.fingerprint(), refused.transcript).toEqual(halfway);

      const repaired = incident.repair({ stateDir: join(incident.world.dir, 'elsewhere') });
      expect(repaired.status, repaired.transcript).toBe(EXIT.repaired);
      expect(repairProblems(incident.world), repaired.transcript).toEqual([]);
    } finally {
      incident.dispose();
    }
  });
});

describe.skipIf(labUnavailable() !== null)('the power fails while the journal is being written', () => {
  test('a line that was cut short does not swallow the next one: the undone run stays undone', () => {
    const incident = new Incident('lvm2-pv-marked-missing');
    try {
      const killed = incident.repair({ lvm: incident.fakeLvm('kill -9 $PPID') });
      expect(killed.signal, killed.transcript).toBe('SIGKILL');
      const journal = run('sh', ['-c', `echo '${incident.world.stateDir}'/undo/*/journal.ndjson`]).trim();
      writeFileSync(journal, readFileSync(journal, 'utf8').slice(0, 20));
      const back = incident.undo();
      expect(back.status, back.transcript).toBe(EXIT.healthy);
      const listed = incident.attempt(['undo', '--list']);
      expect(listed.stdout, listed.transcript).toMatch(/rolled-back/);
      expect(listed.stdout, listed.transcript).not.toMatch(/interrupted/);
    } finally {
      incident.dispose();
    }
  });
});

describe.skipIf(labUnavailable() !== null)('the power fails while a repair is being undone', () => {
  let incident: Incident;
  let broken: Record<string, string>;
  let repaired: Record<string, string>;
  let points: KillPoint[];

  beforeAll(() => {
    incident = new Incident('lvm2-pv-marked-missing');
    broken = incident.world.fingerprint();
    expect(incident.repair().status).toBe(EXIT.repaired);
    repaired = incident.world.fingerprint();
    incident.keep('repaired');
    points = killPoints(incident, ['undo', '--unattended']);
  });
  afterAll(() => incident?.dispose());

  test('killed at every journalled point, the next undo ends it and the next repair ends whole', () => {
    for (const [turn, point] of points.entries()) {
      incident.restore('repaired');
      const killed = incident.attempt(['undo', '--unattended'], { through: killAt(point) });
      const where = `killed at fsync ${point.number} of ${point.file}`;
      expect(killed.signal, `${where}\n${killed.transcript}`).toBe('SIGKILL');
      const newest = incident.attempt(['undo', '--list']).stdout.trimEnd().split('\n').at(-1) ?? '';
      const isOver = /undo {2}finished/.test(newest);
      if (turn % 2 === 0 || isOver) {
        const back = incident.undo();
        expect(back.status, `${where}\n${back.transcript}`).toBe(EXIT.healthy);
        // The very last kill finds an undo that is over: undoing it means the repair again.
        expect(incident.world.fingerprint(), where).toEqual(isOver ? repaired : broken);
      } else {
        const again = incident.repair();
        expect([EXIT.healthy, EXIT.repaired], `${where}\n${again.transcript}`).toContain(again.status);
        expect(repairProblems(incident.world), where).toEqual([]);
      }
      expect(incident.leftLoops()).toEqual([]);
    }
  });
});
