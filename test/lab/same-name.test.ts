import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { VG } from '../../vm-harness/lab/layouts.ts';
import { fixedId } from '../../vm-harness/lab/ondisk.ts';
import { EXIT, Incident, resultOf } from './rough-handling.ts';

const ORIGINAL = fixedId('VG', VG);

describe.skipIf(labUnavailable() !== null)(
  'a remedy that deletes, where two volume groups have one name',
  () => {
    let incident: Incident;
    let broken: Record<string, string>;

    beforeEach(() => {
      incident = new Incident('refusal/absent-in-two-of-one-name');
      broken = incident.world.fingerprint();
    });
    afterEach(() => incident?.dispose());
    afterAll(removeTemporaryFolders);

    const forgetAbsent = (vg: string) => {
      const targets = incident.world.imageTargets();
      const ran = incident.attempt([
        ...['repair', '--unattended', '--json', '--remedy', 'forget-absent', '--vg', vg],
        ...targets,
      ]);
      incident.world.detach();
      const reasons = (resultOf(ran).declined ?? []).map(({ reason }) => reason);
      return { ...ran, reasons: reasons.join('\n') };
    };
    const changed = (): string[] => {
      const now = incident.world.fingerprint();
      return Object.keys(now).filter((name) => now[name] !== broken[name]);
    };

    test('named by its name, it is carried out on neither, and how to name one is said', () => {
      const ran = forgetAbsent(VG);
      expect(ran.status, ran.transcript).toBe(EXIT.left);
      expect(changed()).toEqual([]);
      expect(ran.reasons).toContain(`2 volume groups on these disks are called ${VG}`);
      expect(ran.reasons).toContain(`${incident.world.image('d1')}: --remedy forget-absent --vg ${ORIGINAL}`);
      const suggested = [...ran.reasons.matchAll(/--vg (\S+)/g)].map(([, uuid]) => uuid);
      expect(new Set(suggested).size).toBe(2);
    });

    test('named by its UUID, it is carried out on that one alone', () => {
      const ran = forgetAbsent(ORIGINAL);
      expect(ran.status, ran.transcript).toBe(EXIT.repaired + EXIT.left);
      expect(changed()).toEqual(['d1']);
    });

    test('a UUID that none of them has is that of neither', () => {
      const ran = forgetAbsent(fixedId('VG', 'another'));
      expect(ran.status, ran.transcript).toBe(EXIT.left);
      expect(changed()).toEqual([]);
    });
  },
);
