import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { attachLoop, detachLoop } from '../../vm-harness/lab/loops.ts';
import { EXIT, Incident, resultOf } from './rough-handling.ts';

describe.skipIf(labUnavailable() !== null)('undo, when the disks have other names than at the repair', () => {
  let incident: Incident;
  let broken: Record<string, string>;

  beforeEach(() => {
    incident = new Incident('lvm2-pv-marked-missing');
    broken = incident.world.fingerprint();
  });
  afterEach(() => incident?.dispose());
  afterAll(removeTemporaryFolders);

  /** Attaches these disks in this order, so that each gets the next free name. */
  const attach = (...names: readonly string[]) => incident.world.loopTargets({ names });
  const undo = () => incident.attempt(['undo', '--unattended', '--json']);

  test('the same disks, found in another order: every byte goes back', () => {
    const [first, second] = attach('d1', 'd2');
    expect(incident.repair({ targets: [first ?? '', second ?? ''] }).status).toBe(EXIT.repaired);
    expect(attach('d2', 'd1')).toEqual([first, second]);
    const back = undo();
    expect(back.status, back.transcript).toBe(EXIT.healthy);
    expect(resultOf(back).restoredBytes, back.transcript).toBeGreaterThan(0);
    incident.world.detach();
    expect(incident.world.fingerprint(), back.transcript).toEqual(broken);
  });

  test('a run that was cut off under the old names is brought to its end under the new ones', () => {
    const targets = attach('d1', 'd2');
    const killed = incident.repair({ targets, lvm: incident.fakeLvm('kill -9 $PPID') });
    expect(killed.signal, killed.transcript).toBe('SIGKILL');
    const renamed = attach('d2', 'd1');
    const again = incident.repair({ targets: renamed });
    expect(again.status, again.transcript).toBe(EXIT.repaired);
    expect(again.stdout).toContain('"phase":"roll-back"');
  });

  test('one of them is not attached: refused, and nothing is written', () => {
    expect(incident.repair({ targets: attach('d1', 'd2') }).status).toBe(EXIT.repaired);
    attach('d2');
    const refused = undo();
    incident.world.detach();
    expect(refused.status, refused.transcript).toBe(EXIT.error);
    expect(refused.transcript).toMatch(/is not there|is another disk/);
  });

  test('two disks say that they are the same one: refused', () => {
    const targets = attach('d1', 'd2');
    expect(incident.repair({ targets }).status).toBe(EXIT.repaired);
    attach('d2', 'd1');
    const twin = attachLoop(incident.world.image('d1'));
    const refused = undo();
    detachLoop(twin);
    incident.world.detach();
    expect(refused.status, refused.transcript).toBe(EXIT.error);
    expect(refused.transcript).toMatch(/both say that they are/);
    expect(refused.transcript).not.toContain('"phase":"undo"');
  });
});
