import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { labUnavailable, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { VG } from '../../vm-harness/lab/layouts.ts';
import { type DamagedMachine, damagedMachine } from '../../vm-harness/terminal/damaged-machine.ts';
import { openTerminal, type Terminal } from '../../vm-harness/terminal/terminal.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';

const unavailable = labUnavailable() ?? tmuxUnavailable();
if (unavailable !== null) console.warn(`SKIPPED: repairs on a terminal, for it ${unavailable}.`);

afterAll(removeTemporaryFolders);

describe.skipIf(unavailable !== null)('numbered prompts on a terminal', () => {
  let machine: DamagedMachine | null = null;
  const open: Terminal[] = [];
  afterEach(() => {
    for (const terminal of open.splice(0)) terminal.close();
    machine?.dispose();
  });

  test('a person repairs the first incident, and takes it back', async () => {
    const found = damagedMachine('incident/a1-archive');
    machine = found;
    const answered = async (command: readonly string[], name: string) => {
      const { env } = found;
      const terminal = await openTerminal({ command, term: 'vt220', encoding: 'C', env, name });
      open.push(terminal);
      await terminal.waitFor('(y/N)', { seconds: 30 });
      const before = found.changedDisks();
      const question = terminal.screen().replaceAll('\n', '');
      terminal.keep('the question');
      terminal.keys('y', 'Enter');
      const status = await terminal.waitForExit({ seconds: 30 });
      terminal.keep('the end');
      expect(terminal.leftBehind()).toEqual([]);
      expect(terminal.keysSent).toBe(2);
      return { status, before, after: found.changedDisks(), question };
    };
    const repaired = await answered(found.lvmedic('repair', '--plain', ...found.nodes), 'plain-repair');
    expect(repaired).toMatchObject({ status: 1, before: [], after: ['d1', 'd2'] });
    const undone = await answered(found.lvmedic('undo', '--plain'), 'plain-undo');
    expect(undone).toMatchObject({ status: 0, before: ['d1', 'd2'], after: [] });
    expect(undone.question).toContain(
      `which takes back a repair of ${VG} on ${found.nodes.slice(0, 2).join(', ')}? (y/N)`,
    );
  });
});
