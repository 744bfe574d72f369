import { afterAll, describe, expect, test } from 'vitest';
import { guestUnavailable } from '../../vm-harness/guest/guest.ts';
import { removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { openTerminal } from '../../vm-harness/terminal/terminal.ts';
import { tmuxUnavailable } from '../../vm-harness/terminal/tmux.ts';

const unavailable = guestUnavailable() ?? tmuxUnavailable();
if (unavailable !== null)
  console.warn(`SKIPPED: the full screen on a guest's console, for it ${unavailable}.`);

afterAll(removeTemporaryFolders);

/** The disks and systems may first have to be made. */
const BOOT = { seconds: 540 };
/** Without hardware virtualisation the program takes seconds to start. */
const STEP = { seconds: 90 };
const KEYS_BESIDE_THE_YES = 4;

describe.skipIf(unavailable !== null)("on a real guest's serial console", () => {
  test('A1 on the full screen: from the first look to "Continue boot", and the machine comes up', async () => {
    const recipe = ['bookworm', 'initramfs-tools', 'incident/a1-archive'];
    const terminal = await openTerminal({
      command: [process.execPath, 'scripts/vm.ts', ...recipe, '--memory', '512'],
      term: 'xterm-256color',
      encoding: 'C',
      name: 'guest-a1-full-screen',
    });
    try {
      const offer = await terminal.waitFor(/1-\d, Enter for 1/, BOOT);
      const [, shell = ''] = /(\d)\) Shell/.exec(offer) ?? [];
      terminal.type(shell);
      terminal.keys('Enter');
      await terminal.waitFor(/\(initramfs\) *$/m, STEP);
      terminal.type('TERM=vt220 lvmedic --screen');
      terminal.keys('Enter');

      const before = terminal.keysSent;
      await terminal.waitFor(/boot waits for it/, STEP);
      terminal.keep('this machine');
      terminal.keys('Enter');
      await terminal.waitFor(/--restoremissing vm1-vg/, STEP);
      terminal.keep('what can be done');
      terminal.keys('Enter');
      await terminal.waitFor(/Afterwards/, STEP);
      terminal.keep('the rehearsal');
      terminal.keys('Enter');
      await terminal.waitFor(/Repair vm1-vg now\? \(y\/N\)/, STEP);
      terminal.keep('before anything is written');
      // A key at once is taken for one that was typed before the question stood there.
      await terminal.waitUntilQuiet({ quietMs: 600 });
      terminal.keys('y');
      await terminal.waitFor(/1\) Continue boot/, STEP);
      await terminal.waitUntilQuiet({ quietMs: 600 });
      terminal.keep('the result');
      terminal.keys('Enter');
      expect(terminal.keysSent - before).toBeLessThanOrEqual(KEYS_BESIDE_THE_YES + 1);

      await terminal.waitFor(/Leave this shell/, STEP);
      await terminal.waitFor(/\(initramfs\) *$/m, STEP);
      terminal.type('exit');
      terminal.keys('Enter');
      await terminal.waitFor(/GUEST-END/, { seconds: 300 });
      expect(terminal.output()).toContain('GUEST-UP payload=ok');
    } finally {
      terminal.close();
    }
  }, 1_200_000);
});
