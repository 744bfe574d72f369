import { spawn } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Guest } from '../../vm-harness/guest/guest.ts';
import { withGuest } from '../../vm-harness/guest/with-guest.ts';
import { temporaryFolder } from '../../vm-harness/lab/host.ts';
import { allRecipes } from '../../vm-harness/recipes/index.ts';
import { builtProduct } from '../packages.ts';
import { median } from './measure.ts';
import { milliseconds, note, type Row, table } from './page.ts';

const HOST_NOTE = `From the start of the program to the first words of the guided repair on a terminal of 80x24: a person sees that it is at
work. The peer is the same file that only says its version; the difference is the screen itself.`;

const GUEST_NOTE = `The same at the emergency shell of a VM with 512 MiB (initramfs-tools, mode \`hook\`: the file lies on /boot), from Enter to
the first words on the serial console.`;

const SCREEN = /lvmedic: (Looking|This)/;
const VERSION = /lvmedic \d+\.\d+/;

/** `times` gives how often what is to be measured so many times is. */
export async function benchScreen(times: (count: number) => number): Promise<string[]> {
  return [await onThisMachine(times), await inGuest(times)];
}

async function onThisMachine(times: (count: number) => number): Promise<string> {
  note('first frame');
  const { program } = builtProduct();
  const folder = temporaryFolder('lvmedic-bench-');
  const image = join(folder, 'empty.img');
  writeFileSync(image, '');
  truncateSync(image, 8 * 2 ** 20);
  const screen = `${program} ${image} --state-dir ${join(folder, 'state')}`;
  const [ours, peer]: [number[], number[]] = [[], []];
  for (let round = -1; round < times(15); round++) {
    const [shown, told] = [await untilSeen(screen, SCREEN), await untilSeen(`${program} --version`, VERSION)];
    // The first warms the caches for both.
    if (round >= 0) ours.push(shown);
    if (round >= 0) peer.push(told);
  }
  return table('First frame', HOST_NOTE, [row('guided repair, full screen', ours, peer)]);
}

/** Milliseconds until the program has written this to its terminal; then it is left. */
function untilSeen(command: string, words: RegExp): Promise<number> {
  const began = performance.now();
  const child = spawn('script', ['-qfec', `stty rows 24 cols 80; exec ${command}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, TERM: 'xterm', LC_ALL: 'C.UTF-8' },
  });
  return new Promise((resolve, reject) => {
    let text = '';
    let seenMs: number | null = null;
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      if (seenMs !== null || !words.test(text)) return;
      seenMs = performance.now() - began;
      // Ctrl-C leaves, whatever is on the screen.
      child.stdin.write('\x03');
    });
    child.on('error', reject);
    child.on('close', () => {
      if (seenMs === null) reject(new Error(`${command} did not show ${words}:\n${text}`));
      else resolve(seenMs);
    });
  });
}

async function inGuest(times: (count: number) => number): Promise<string> {
  note('first frame in a guest');
  const recipe = allRecipes.find(({ id }) => id === 'incident/a1-archive');
  if (recipe === undefined) throw new Error('no recipe of A1');
  const setup = {
    name: 'bench',
    suite: 'bookworm',
    flavour: 'initramfs-tools',
    mode: 'hook',
    recipe,
  } as const;
  const ours: number[] = [];
  const peer: number[] = [];
  await withGuest(
    { ...setup, memoryMiB: 512, kernelArguments: ['rd.lvmedic=off'] },
    builtProduct(),
    async (guest) => {
      await guest.console.waitForShell({ seconds: 300 });
      for (let round = -1; round < times(3); round++) {
        const shown = await typed(guest, 'TERM=vt220 lvmedic --screen', SCREEN);
        await guest.console.waitFor(/This machine/);
        guest.console.send('q');
        await guest.console.waitForShell();
        const told = await typed(guest, 'lvmedic --version', VERSION);
        await guest.console.waitForShell();
        if (round >= 0) ours.push(shown);
        if (round >= 0) peer.push(told);
      }
    },
  );
  return table('First frame at the emergency shell', GUEST_NOTE, [
    row('guided repair, full screen', ours, peer),
  ]);
}

async function typed({ console }: Guest, command: string, words: RegExp): Promise<number> {
  const began = performance.now();
  console.line(command);
  await console.waitFor(words);
  return performance.now() - began;
}

const row = (what: string, ours: readonly number[], peer: readonly number[]): Row => ({
  ...{ what, ours: milliseconds(median(ours)), peer: 'lvmedic --version' },
  ...{ peerValue: milliseconds(median(peer)), ratio: median(ours) / median(peer) },
});
