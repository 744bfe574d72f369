import { describe, expect, test } from 'vitest';
import type { BootReport } from '../../src/engine/boot/bring-up.ts';
import type { Progress } from '../../src/engine/ports.ts';
import type { DiagnoseResult, FindingResult, RepairResult, UndoResult } from '../../src/engine/results.ts';
import type { RecordSummary } from '../../src/engine/undo/undo.ts';
import { jsonFace } from '../../src/faces/json/json-face.ts';
import { definitions, judgeAsPublished, judgeStrictly, KINDS } from './event-schema.ts';

/** What the face writes, as a consumer reads it. */
function linesOf(speak: (face: ReturnType<typeof jsonFace>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  speak(jsonFace('repair', (line) => lines.push(line)));
  return lines.map((line) => JSON.parse(line));
}

const argv = ['/usr/sbin/lvm', 'vgck', 'vg0'];
const events: { readonly [T in Progress['type']]: Progress & { readonly type: T } } = {
  phase: { type: 'phase', phase: 'rehearse', detail: 'vg0' },
  progress: { type: 'progress', phase: 'survey', done: 1, total: 2 },
  command: { type: 'command', argv, why: 'boot needs it', on: 'live' },
  ran: {
    type: 'ran',
    on: 'replica',
    run: {
      ...{ argv, exitCode: null, signal: 'SIGKILL', timedOut: true, stdout: '', stderr: 'x', durationMs: 3 },
    },
  },
  write: {
    type: 'write',
    device: '/dev/sda',
    offsetBytes: 512,
    lengthBytes: 512,
    why: 'a label',
    on: 'live',
  },
};

const volumeGroup = { name: 'vg0', uuid: '0OTfYf-yHUa-1Fqe-XYLN-9L0m-WVvB-LvPBBb' };
const finding: FindingResult = {
  ...{ id: 'f2', fault: 'lvm2-label-damaged', volumeGroup, devices: ['/dev/sda'], severity: 'error' },
  ...{ summary: 'its label is damaged', explainedBy: 'f1', declinedReason: 'somebody must decide' },
  evidence: [
    { device: '/dev/sda', partition: 1, offsetBytes: 1049088, found: 'zeros', expected: 'LABELONE' },
  ],
  remedies: [
    {
      ...{
        id: 'keep-1',
        policy: 'ask',
        title: 'write it anew',
        caveats: ['not proven'],
        rehearsal: { kind: 'replica', passed: true },
        losses: ['a tag'],
      },
      steps: [
        { argv, why: 'so that lvm sees it' },
        { write: { device: '/dev/sda', offsetBytes: 512, lengthBytes: 512 }, why: 'a damaged label' },
      ],
    },
  ],
};
const diagnosed: DiagnoseResult = {
  ...{ type: 'result', schemaVersion: 1, command: 'diagnose', exitStatus: 4 },
  unread: [{ path: '/dev/sdb', message: 'EIO: i/o error, read' }],
  volumeGroups: [{ ...volumeGroup, healthy: false }],
  findings: [finding],
};
const boot: BootReport = {
  needs: [
    {
      name: 'vg0/root',
      parameter: 'root=/dev/vg0/root',
      required: true,
      state: 'partial',
      reason: 'a disk is gone',
    },
    { name: 'vg0/swap', parameter: 'resume=/dev/vg0/swap', required: false, state: 'active', reason: null },
  ],
  ...{ activated: ['vg0/swap'], partial: ['vg0/root'], incompleteGroups: ['vg0'], goesOn: false },
  missingMounts: [{ mountPoint: '/srv', spec: '/dev/vg0/srv', standIn: true }],
  failures: ['lvm did not activate vg0/root'],
};
const repaired: RepairResult = {
  ...diagnosed,
  ...{ command: 'repair', exitStatus: 5, outcome: 'repaired', dryRun: false },
  rehearsal: { kind: 'replica', passed: true },
  recovered: [{ record: '20261121-031400', ended: 'rolled-back' }],
  undoRecord: {
    id: '20261121-031500-2',
    path: '/var/lib/lvmedic/undo/20261121-031500-2',
    durability: 'stable',
  },
  declined: [{ fault: 'lvm2-pv-absent', reason: 'the disk is not there' }],
  ...{ activated: ['vg0/root'], boot, failures: ['lvm vgck ended with 5'] },
};
const undone: UndoResult = {
  ...{ type: 'result', schemaVersion: 1, command: 'undo', exitStatus: 64, restoredBytes: 4096 },
  ...{
    devices: ['/dev/sda'],
    record: '20261121-031500',
    undoRecord: '20261121-031600',
    error: 'a disk failed',
  },
};
const record: RecordSummary = {
  ...{ id: '20261121-031500', kind: 'repair', state: 'finished', createdAt: '2026-11-21T03:15:00.000Z' },
  ...{ volumeGroups: ['vg0'], devices: ['/dev/sda'] },
};
const fault = { id: 'lvm2-pv-absent', layer: 'volume-group', summary: 'a disk is absent', doc: 'CAUSE' };
const head = { type: 'result', schemaVersion: 1 };

/** One line of every kind, with every field that there is. */
const samples: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(
    Object.entries(events).map(([type, event]) => [type, linesOf((face) => face.notify(event))[0]]),
  ),
  diagnoseResult: diagnosed,
  repairResult: repaired,
  undoResult: undone,
  undoListResult: { ...head, command: 'undo', exitStatus: 0, records: [record] },
  bootResult: { ...head, command: 'boot', exitStatus: 4, ...boot },
  offerResult: { ...diagnosed, command: 'boot' },
  explainResult: { ...head, command: 'explain', exitStatus: 0, faults: [fault] },
  errorResult: linesOf((face) => face.error('/dev/sda does not exist', 8))[0],
};
const OPTIONAL = ['/faults/0/doc'];

describe('the schema of the lines', () => {
  test('has a sample for each kind, and each is taken for what it is', () => {
    expect(Object.keys(samples).sort()).toEqual([...KINDS].sort());
    for (const [kind, sample] of Object.entries(samples)) {
      expect(judgeStrictly(sample)).toEqual({ kind, problems: [] });
      expect(judgeAsPublished(sample)).toEqual({ kind, problems: [] });
    }
  });

  test.each(Object.entries(samples))(
    '%s: without one of its fields, or with another type in it, it is none',
    (kind, sample) => {
      const spoilt = fieldsIn(sample).flatMap((at) => [
        ...(OPTIONAL.includes(at) ? [] : [{ at, line: changed(sample, at, () => undefined) }]),
        { at, line: changed(sample, at, (value) => ({ instead: value })) },
      ]);
      expect(spoilt.length).toBeGreaterThan(5);
      for (const { at, line } of spoilt) {
        expect([at, judgeAsPublished(line).kind]).not.toEqual([at, kind]);
        expect([at, judgeStrictly(line).kind]).not.toEqual([at, kind]);
      }
    },
  );

  test.each(Object.entries(samples))(
    '%s: a field more is let pass by what is published, and caught here',
    (kind, sample) => {
      for (const at of ['', ...fieldsIn(sample)]) {
        if (!isObject(valueAt(sample, at))) continue;
        const more = changed(sample, at, (value) => ({ ...(value as object), added: 1 }));
        expect([at, judgeAsPublished(more).kind]).toEqual([at, kind]);
        expect([at, judgeStrictly(more).kind]).toEqual([at, null]);
      }
    },
  );

  test('a bad line is told with the place and what is wrong there', () => {
    const line = { ...repaired, findings: [{ ...finding, severity: 'fatal' }] };
    expect(judgeStrictly(line).problems.join()).toMatch(
      /^\/findings\/0\/severity must be equal to one of .*warning/,
    );
    expect(judgeStrictly({ type: 'phase', phase: 'survey', detail: '' }).problems.join()).toMatch(
      /schemaVersion/,
    );
  });

  test('describes every field, and numbers with their unit', () => {
    const fields = Object.entries(definitions).flatMap(([name, schema]) => propertiesIn(schema, name));
    expect(fields.length).toBeGreaterThan(80);
    for (const [name, field] of fields) {
      const meant =
        typeof field.$ref === 'string' ? definitions[field.$ref.replace('#/$defs/', '')] : undefined;
      const { description, type } = { ...meant, ...field };
      expect([name, String(description ?? '').length > 5]).toEqual([name, true]);
      if (String(type).includes('integer'))
        expect([name, description]).toEqual([
          name,
          expect.stringMatching(/bytes|milliseconds|unit|number|status/),
        ]);
    }
  });
});

describe('the face for machines', () => {
  test('says nothing that is meant for people, and every line says its version', () => {
    const lines = linesOf((face) => {
      face.say(['for people']);
      for (const event of Object.values(events)) face.notify(event);
      face.error('no', 8);
    });
    expect(lines.map(({ type }) => type)).toEqual([...Object.keys(events), 'result']);
    expect(lines.map(({ schemaVersion }) => schemaVersion)).toEqual(lines.map(() => 1));
  });

  test('no control character reaches the terminal that shows the stream', () => {
    const hostile = String.fromCharCode(0, 7, 10, 27, 0x7f, 0x85, 0x9b, 0x2028, 0x2029);
    const lines: string[] = [];
    jsonFace('repair', (line) => lines.push(line)).notify({
      type: 'phase',
      phase: 'survey',
      detail: hostile,
    });
    expect(lines.join()).toMatch(/^[ -~]+$/);
    expect(JSON.parse(lines.join()).detail).toBe(hostile);
  });
});

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where there are fields, as JSON pointers. */
function fieldsIn(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(Array.isArray(value) ? [] : [`${at}/${key}`]),
    ...fieldsIn(inner, `${at}/${key}`),
  ]);
}

function valueAt(value: unknown, at: string): unknown {
  const keys = at.split('/').slice(1);
  return keys.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value);
}

/** A copy with another value there; `undefined` leaves the field out. */
function changed(value: unknown, at: string, change: (value: unknown) => unknown): unknown {
  if (at === '') return change(value);
  const [, key = '', ...rest] = at.split('/');
  const inner = changed(
    (value as Record<string, unknown>)[key],
    rest.map((each) => `/${each}`).join(''),
    change,
  );
  if (Array.isArray(value)) return value.map((each, index) => (index === Number(key) ? inner : each));
  const others = Object.entries(value as object).filter(([name]) => name !== key);
  return Object.fromEntries(inner === undefined ? others : [...others, [key, inner]]);
}

function propertiesIn(node: unknown, name: string): [string, Record<string, unknown>][] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, inner]) => [
    ...(key === 'properties'
      ? Object.entries(inner).map(([field, schema]): [string, Record<string, unknown>] => [
          `${name}.${field}`,
          schema as Record<string, unknown>,
        ])
      : []),
    ...propertiesIn(inner, name),
  ]);
}
