/**
 * `npm start` ends here: a restored VM that does not boot, lvmedic in its emergency shell, and the VM booting. On a
 * terminal the person sits at the VM's console; without one the VM repairs itself. Exit status 0 only if the VM came up
 * with all its files as they were. Nothing is left behind, also after Ctrl-C.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../src/exit-codes.ts';
import { guestUnavailable } from '../vm-harness/guest/guest.ts';
import type { GuestReport } from '../vm-harness/guest/marker.ts';
import { HOW_TO_LEAVE, putOnTerminal, watchConsole } from '../vm-harness/guest/on-terminal.ts';
import { withGuest } from '../vm-harness/guest/with-guest.ts';
import { allRecipes } from '../vm-harness/recipes/index.ts';
import { builtProduct } from './packages.ts';

const RECIPE = 'incident/a1-archive';
const UP = 'GUEST-UP';
const program = fileURLToPath(new URL('../dist/lvmedic', import.meta.url));
const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;

/** Why the demonstration cannot run here, and what can be done about it; null when it can. */
function obstacle(): string | null {
  if (!existsSync(program)) return 'dist/lvmedic is not built yet: npm run build';
  const reason = guestUnavailable();
  if (reason === null) return null;
  const isRoot = process.getuid?.() === 0;
  return [
    `The demonstration ${reason}: it installs a small Debian into disk images and boots it.`,
    ...(isRoot ? [] : ['Run it as root: sudo npm start. It touches no disk of this machine.']),
    'Without that you can look around: dist/lvmedic --help, dist/lvmedic explain, dist/lvmedic diagnose IMAGE...',
  ].join('\n');
}

function introduce(): void {
  const lines = [
    'A VM was restored from a backup. Its root filesystem lies on two disks, sda and sdb. While the backup proxy had',
    'sdb, its own lvm changed the volume group: sdb is back, but the metadata calls it MISSING, so root stays away.',
    '',
    'The VM boots in QEMU now. It waits half a minute for its root, then its emergency shell would open: lvmedic,',
    'installed in its initramfs by the package, is there first.',
    '',
    ...(isTerminal
      ? [
          'You are at its console. Try: 2 (look closer), 1 (repair; answer y), Enter (go on with the boot).',
          HOW_TO_LEAVE,
        ]
      : ['There is no terminal here, so the VM has rd.lvmedic=auto: it repairs itself, unattended.']),
    '',
  ];
  console.log(lines.join('\n'));
}

/** Tells how the VM came up; true when all is well. */
function judge(report: GuestReport, seconds: number): boolean {
  console.log(`\n\nThe VM is up, ${seconds} s after it was switched on. It says of itself:\n`);
  const said = report.sections.get('report') ?? '';
  for (const line of said.split('\n').filter((each) => each.trim() !== '')) console.log(`  ${line}`);
  const { payloadProblems, failedUnits } = report;
  console.log();
  if (payloadProblems.length > 0) console.log(`NOT as they were: ${payloadProblems.join(', ')}`);
  else console.log('Its files, on both disks, have the checksums they had before the incident.');
  if (failedUnits.length > 0) console.log(`Units that failed: ${failedUnits.join(', ')}`);
  return payloadProblems.length === 0;
}

/** For a pipe or a file: without what steers a terminal. */
const plain = (bytes: Buffer): string =>
  bytes.toString('latin1').replaceAll(/\x1b(c|\[[0-9;?]*[A-Za-z])|\r/g, '');

async function main(): Promise<number> {
  const reason = obstacle();
  if (reason !== null) {
    console.error(reason);
    return EXIT.operationalError;
  }
  const recipe = allRecipes.find(({ id }) => id === RECIPE);
  if (recipe === undefined) throw new Error(`no recipe ${RECIPE}`);
  console.log('Making the VM; the first time it takes a few minutes, later it comes from the cache.');
  const setup = {
    name: 'demo',
    suite: 'bookworm',
    flavour: 'initramfs-tools',
    mode: 'hook',
    recipe,
    kernelArguments: isTerminal ? ['rd.lvmedic.timeout=600'] : ['rd.lvmedic=auto'],
  } as const;
  return withGuest(setup, builtProduct(), async (guest) => {
    const started = performance.now();
    introduce();
    const report = guest.report({ seconds: isTerminal ? 24 * 3600 : 400 });
    const watched = isTerminal
      ? putOnTerminal(guest, UP)
      : watchConsole(guest, (bytes) => process.stdout.write(plain(bytes)), UP);
    const outcome = await report.catch(() => null);
    const seconds = Math.round((performance.now() - started) / 1000);
    await guest.end();
    await watched;
    if (outcome === null) {
      console.log(`\n\nThe VM did not come up. Its console is in ${guest.machine.transcript}`);
      return isTerminal ? EXIT.cancelled : EXIT.operationalError;
    }
    if (!judge(outcome, seconds)) return EXIT.operationalError;
    console.log('\nThe disks of the VM are removed. What next:');
    console.log('  npm start -- --loop              the same repair step by step, without a VM');
    console.log('  npm run vm                       other damage, other systems, at the console');
    console.log('  dist/lvmedic diagnose            this machine, reading only');
    return EXIT.nothingWrong;
  });
}

process.exitCode = await main();
