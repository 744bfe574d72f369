import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders, run } from '../../vm-harness/lab/host.ts';
import { VG } from '../../vm-harness/lab/layouts.ts';
import { EXIT, Incident, KILLED_AFTER_PVCREATE, resultOf } from './rough-handling.ts';

describe.skipIf(labUnavailable() !== null)(
  'a repair was killed half-way, and its disks are not all there is',
  () => {
    let incident: Incident;
    let broken: Record<string, string>;
    let halfway: Record<string, string>;

    beforeEach(() => {
      incident = new Incident('lvm2-metadata-lost');
      broken = incident.world.fingerprint();
      const killed = incident.repair({ lvm: incident.fakeLvm(KILLED_AFTER_PVCREATE) });
      expect(killed.signal, killed.transcript).toBe('SIGKILL');
      halfway = incident.world.fingerprint();
      expect(halfway).not.toEqual(broken);
    });
    afterEach(() => incident?.dispose());
    afterAll(removeTemporaryFolders);

    const image = (name: string) => incident.world.image(name);
    /** Another disk under the same name and the same identity, as in a machine whose disks have no serial numbers. */
    function overwrite(name: string, content: string): void {
      run('cp', ['--sparse=never', content, image(name)]);
    }
    const records = () => incident.attempt(['undo', '--list']).stdout;

    function expectRefused(reason: RegExp): void {
      const before = incident.world.fingerprint();
      const refused = incident.repair();
      expect(refused.status, refused.transcript).toBe(EXIT.error);
      expect(refused.transcript).toMatch(/a repair was interrupted/);
      expect(refused.transcript).toMatch(reason);
      expect(incident.world.fingerprint(), refused.transcript).toEqual(before);
    }

    test('the disks came back in the other order: no byte goes onto the wrong one', () => {
      const other = join(incident.world.dir, 'other');
      run('cp', ['--sparse=always', image('d1'), other]);
      overwrite('d1', image('d2'));
      overwrite('d2', other);
      expectRefused(/carries another physical volume than it did/);
    });

    test("another machine's disks under the same names: they are nobody's interrupted repair", () => {
      const other = new Incident('lvm2-pv-marked-missing');
      try {
        expect(other.repair().status).toBe(EXIT.repaired);
        other.world.lvm(['vgchange', '--uuid', VG]);
        other.world.lvm(['pvchange', '--uuid', '--all']);
        other.world.detach();
        for (const name of ['d1', 'd2']) overwrite(name, other.world.image(name));
        const before = incident.world.fingerprint();
        const looked = incident.repair();
        expect(looked.status, looked.transcript).toBe(EXIT.healthy);
        expect(incident.world.fingerprint(), looked.transcript).toEqual(before);
        expect(records()).toMatch(/interrupted/);
      } finally {
        other.dispose();
      }
    });

    test('one of its disks is not attached: it is not forgotten', () => {
      const away = join(incident.world.dir, 'away.img');
      const targets = [image('d1'), image('d2')];
      renameSync(image('d2'), away);
      const refused = incident.repair({ targets: targets.slice(0, 1) });
      expect(refused.status, refused.transcript).toBe(EXIT.error);
      expect(refused.transcript).toMatch(/a repair was interrupted .*d2\.img is not there.*--state-dir/);
      renameSync(away, image('d2'));
      expect(incident.world.fingerprint(), refused.transcript).toEqual(halfway);
      expect(incident.repair().status).toBe(EXIT.repaired);
    });

    test('its record cannot be read: it is not forgotten', () => {
      run('sh', ['-c', `truncate -s -9 '${incident.world.stateDir}'/undo/*/record.json`]);
      expectRefused(/is damaged.*--state-dir/);
    });

    test('undo tells how much went back', () => {
      const back = incident.undo();
      expect(back.status, back.transcript).toBe(EXIT.healthy);
      expect(resultOf(back).restoredBytes, back.transcript).toBeGreaterThan(0);
      expect(incident.world.fingerprint(), back.transcript).toEqual(broken);
    });

    test('what stood there when it was taken back is kept, and is not what undo means by itself', () => {
      expect(incident.undo().status).toBe(EXIT.healthy);
      const again = incident.undo();
      expect(again.transcript).toMatch(/no undo record/);
      const kept = readdirSync(join(incident.world.stateDir, 'undo')).at(-1) ?? '';
      const named = incident.attempt(['undo', kept, '--unattended']);
      expect(named.status, named.transcript).toBe(EXIT.healthy);
      expect(incident.world.fingerprint(), named.transcript).toEqual(halfway);
    });

    test('a repair that begins by taking it back says so', () => {
      const ran = incident.attempt(['repair', '--unattended', ...incident.targets()]);
      expect(ran.status, ran.transcript).toBe(EXIT.repaired);
      expect(ran.stdout).toMatch(
        /The interrupted repair was taken back: every byte is as it was before it\./,
      );
    });
  },
);
