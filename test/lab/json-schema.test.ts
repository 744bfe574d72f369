import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FindingResult } from '../../src/engine/results.ts';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { productCommand, productEnvironment } from '../../vm-harness/lab/product.ts';
import { allRecipes } from '../../vm-harness/recipes/index.ts';
import { judgeStrictly, KINDS } from '../faces/event-schema.ts';
import { type Attempt, attempt, EXIT, Incident } from './rough-handling.ts';

afterAll(removeTemporaryFolders);

/** Only in an initramfs; test/faces/json-face.test.ts has a sample. */
const NOT_REACHED = ['offerResult'];
const PHASES = ['survey', 'rehearse', 'save-undo', 'apply', 'verify', 'roll-back', 'undo'];
const OUTCOMES = ['healthy', 'repaired', 'declined', 'failed', 'undone', 'cancelled'];
const RECORD_STATES = ['finished', 'rolled-back', 'interrupted', 'damaged'];

type Line = Readonly<Record<string, unknown>> & { readonly type: string };

describe.skipIf(labUnavailable() !== null)(
  'every line that lvmedic --json prints is as the schema says',
  () => {
    let incident: Incident;
    const seen: { readonly kind: string; readonly line: Line }[] = [];

    beforeAll(() => {
      incident = new Incident('lvm2-pv-marked-missing');
    });
    beforeEach(() => incident.restore('broken'));
    afterAll(() => incident?.dispose());

    /** Reads a stream, holding every line to the schema; the last must be a result, unless the run was cut short. */
    function read(stream: string, { transcript }: Attempt, isCut = false): Line[] {
      expect(stream, transcript).toMatch(/^(.+\n)+$/);
      const lines = stream
        .trimEnd()
        .split('\n')
        .map((text): Line => JSON.parse(text));
      for (const line of lines) {
        const { kind, problems } = judgeStrictly(line);
        expect(problems, JSON.stringify(line, null, 2)).toEqual([]);
        seen.push({ kind: kind ?? '', line });
      }
      const results = lines.filter(({ type }) => type === 'result');
      expect(results, transcript).toEqual(isCut ? [] : lines.slice(-1));
      return lines;
    }

    /** Runs a command of the program; gives its result. */
    function run(args: readonly string[], status: number): Line {
      const ran = incident.attempt([...args, '--json']);
      expect(ran.status, ran.transcript).toBe(status);
      return resultIn(ran);
    }

    function resultIn(ran: Attempt): Line {
      const result = read(ran.stdout, ran).at(-1);
      expect(result?.exitStatus, ran.transcript).toBe(ran.status);
      return result as Line;
    }

    test('diagnose, rehearse, repair, undo: and the log holds the same lines', () => {
      const targets = incident.targets();
      run(['diagnose', ...targets], EXIT.left);
      run(['repair', '--unattended', '--dry-run', ...targets], EXIT.left);
      run(['undo', '--list'], EXIT.healthy);
      const log = join(incident.world.dir, 'a.log');
      const ran = incident.attempt(['repair', '--unattended', '--json', '--log', log, ...targets]);
      expect(resultIn(ran).outcome).toBe('repaired');
      expect(readFileSync(`${log}.json`, 'utf8')).toBe(ran.stdout);
      run(['undo', '--unattended'], EXIT.healthy);
      expect(run(['undo', '--list'], EXIT.healthy).records).toHaveLength(2);
    });

    test('an lvm that says yes and does nothing, and a person who presses Ctrl-C', () => {
      const undone = incident.repair({ lvm: incident.fakeLvm('exit 0') });
      expect(resultIn(undone).outcome, undone.transcript).toBe('undone');
      run(['undo', '--list'], EXIT.healthy);
      const interrupt = 'kill -INT $PPID; sleep 0.3; exec "$lvm" "$@"';
      const cancelled = incident.repair({ lvm: incident.fakeLvm(interrupt, { alsoRehearsal: true }) });
      expect(resultIn(cancelled).outcome, cancelled.transcript).toBe('cancelled');
    });

    test('a run that is killed, the one that ends it, and a record that cannot be read', () => {
      const killed = incident.repair({ lvm: incident.fakeLvm('"$lvm" "$@"; kill -KILL $PPID') });
      read(killed.stdout, killed, true);
      const { records } = run(['undo', '--list'], EXIT.healthy) as unknown as { records: { id: string }[] };
      resultIn(incident.repair());
      const id = records[0]?.id ?? '';
      writeFileSync(join(incident.world.stateDir, 'undo', id, 'record.json'), '{');
      run(['undo', '--list'], EXIT.healthy);
      run(['undo', id, '--unattended'], EXIT.error);
    });

    test('what cannot be done', () => {
      const targets = incident.targets();
      run(['diagnose', '/no/such/disk', ...targets], EXIT.error);
      run(['repair', ...targets], EXIT.usage);
      run(['undo', 'one', 'two', '--unattended'], EXIT.usage);
      run(['explain', 'no-such-fault'], EXIT.usage);
      const nowhere = incident.repair({ stateDir: '/proc/sys/lvmedic' });
      expect(resultIn(nowhere).outcome, nowhere.transcript).toBe('failed');
    });

    test('wrong arguments give no line at all', () => {
      const ran = incident.attempt(['diagnose', '--frobnicate', '--json']);
      expect([ran.status, ran.stdout]).toEqual([EXIT.usage, '']);
    });

    test('what is about no disk', () => {
      run(['explain'], EXIT.healthy);
      run(['explain', 'lvm2-pv-absent'], EXIT.healthy);
      // Its status is about the machine that runs the tests.
      resultIn(incident.attempt(['boot', '--dry-run', '--json']));
    });

    test.each([
      'healthy/two-disks',
      'lvm2-label-damaged',
      'lvm2-metadata-split-brain/different-lvs',
      'lvm2-pv-absent',
      'combination/partitions/marked-missing',
      'refusal/duplicate',
    ])('other damage: %s', (id) => {
      const recipe = allRecipes.find((each) => each.id === id);
      if (recipe === undefined) throw new Error(`no recipe ${id}`);
      const world = prepare(recipe);
      try {
        for (const args of [['diagnose'], ['repair', '--unattended']]) {
          const common = ['--json', '--state-dir', world.stateDir];
          const argv = [...productCommand(), ...args, ...common, ...world.imageTargets()];
          resultIn(attempt(argv, productEnvironment(world)));
        }
      } finally {
        world.dispose();
      }
    });

    test('all of it was to be seen: kinds of lines, phases, places, outcomes, states of records', () => {
      const of = (...kinds: string[]) =>
        seen.filter(({ kind }) => kinds.includes(kind)).map(({ line }) => line);
      const each = (values: unknown[]) => [...new Set(values)].sort();
      expect(each(seen.map(({ kind }) => kind))).toEqual(
        KINDS.filter((kind) => !NOT_REACHED.includes(kind)).sort(),
      );
      expect(each(of('phase').map(({ phase }) => phase))).toEqual(PHASES.toSorted());
      for (const kind of ['command', 'ran', 'write'])
        expect([kind, each(of(kind).map(({ on }) => on))]).toEqual([kind, ['live', 'replica']]);
      expect(each(of('repairResult').map(({ outcome }) => outcome))).toEqual(OUTCOMES.toSorted());
      const records = of('undoListResult').flatMap((line) => line.records as { state: string }[]);
      expect(each(records.map(({ state }) => state))).toEqual(RECORD_STATES.toSorted());
      expect(each(of('undoResult').map(({ error }) => error === null))).toEqual([false, true]);
      const findings = of('diagnoseResult').flatMap((line) => line.findings as FindingResult[]);
      const evidence = findings.flatMap((finding) => finding.evidence);
      expect(each(evidence.map(({ partition }) => partition === null))).toEqual([false, true]);
      const remedies = findings.flatMap((finding) => finding.remedies);
      expect(each(remedies.map(({ policy }) => policy))).toEqual(['ask', 'lossy', 'safe']);
      const steps = remedies.flatMap((remedy) => remedy.steps);
      expect(each(steps.map((step) => ('argv' in step ? 'command' : 'write')))).toEqual(['command', 'write']);
    });
  },
);
