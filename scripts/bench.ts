/**
 * `npm run bench [-- --only lab|boot|screen] [--quick]`: measures dist/lvmedic on real lvm and in booting VMs, and writes
 * docs/benchmarks.md, or one part of it. Every number stands beside a peer that was measured in the same run, by turns.
 * `--quick` writes nothing.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { guestUnavailable } from '../vm-harness/guest/guest.ts';
import { removeTemporaryFolders, run } from '../vm-harness/lab/host.ts';
import { benchBoot } from './bench/boot.ts';
import { benchScreen } from './bench/first-frame.ts';
import { benchLab } from './bench/lab.ts';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const file = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));

const parts = {
  lab: {
    title: '## On loop devices',
    bench: benchLab,
    conditions: () =>
      `lvm ${/LVM version:\s*(\S+)/.exec(run('lvm', ['version']))?.[1] ?? 'unknown'}. Disks are sparse files on loop devices, so reads come from memory: the numbers show the
programs, not disks.`,
  },
  boot: {
    title: '## In a booting VM',
    bench: benchBoot,
    conditions: () =>
      `Debian 12 in QEMU without hardware virtualisation, one processor, 768 MiB: everything takes several times as long as
on a real machine. One VM at a time.`,
  },
  screen: {
    title: '## The guided repair',
    bench: benchScreen,
    conditions: () => 'The VM is QEMU without hardware virtualisation.',
  },
} as const;

const INTRODUCTION = `# Benchmarks

Written by \`npm run bench\` (as root); do not edit. Medians; a ratio above 1 means that lvmedic takes longer (or is
larger) than the peer named beside it, which was measured in the same run, by turns.
`;

function machine(): string {
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = `${Math.round(os.totalmem() / 2 ** 30)} GiB`;
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? os.type();
  return `Measured on ${new Date().toISOString().slice(0, 10)}: ${os.cpus().length} cores (${cpu}), ${memory}, ${system}, load ${os.loadavg()[0]?.toFixed(1)} before the first run,
Linux ${os.release()}, Node ${process.version.slice(1)}.`;
}

/** The parts of the page as it is now, by title. */
function written(): Map<string, string> {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return new Map(
    text
      .split(/^(?=## )/m)
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf('\n')), part]),
  );
}

const unavailable = guestUnavailable();
const wanted = Object.entries(parts).filter(([name]) => (options.only ?? name) === name);
if (unavailable !== null) {
  console.error(`The benchmark ${unavailable}.`);
  process.exitCode = 8;
} else if (wanted.length === 0) {
  console.error(`--only takes one of: ${Object.keys(parts).join(', ')}`);
  process.exitCode = 16;
} else {
  try {
    const page = written();
    for (const [, { title, bench, conditions }] of wanted) {
      const about = `${title}\n\n${machine()} ${conditions()}\n`;
      const sections = await bench((count) => (options.quick ? 2 : count));
      page.set(title, [about, ...sections].join('\n'));
    }
    const ordered = Object.values(parts).flatMap(({ title }) => page.get(title)?.trimEnd() ?? []);
    const text = `${[INTRODUCTION.trimEnd(), ...ordered].join('\n\n')}\n`;
    if (options.quick) console.log(text);
    else writeFileSync(file, text);
  } finally {
    removeTemporaryFolders();
  }
}
