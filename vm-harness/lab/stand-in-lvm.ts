/**
 * `stand-in-lvm.ts replay VERSION WORLD ARG…` or `stand-in-lvm.ts record LVM FILE ARG…`: an lvm for `--lvm`, see stand-in.ts.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { loadRecording, nodesIn, type RecordedRun, withNodes, withPlaces } from './stand-in.ts';

const STEP_BYTES = 512;
/** `lvm version` also tells where it was built to. */
const OF_ITS_BUILD = /^\s*Configuration:.*\n/gm;
const [mode = '', from = '', where = '', ...argv] = process.argv.slice(2);
const nodes = nodesIn(argv);
const key = argv.map((word) => withPlaces(word, nodes));

function replay(): number {
  const { worlds } = loadRecording(from);
  const run = worlds[where]?.find((each) => JSON.stringify(each.argv) === JSON.stringify(key));
  if (run === undefined) {
    console.error(
      `no recorded run of lvm ${from} on ${where}: ${key.join(' ')}\nRecord again: scripts/record-lvm.ts`,
    );
    return 99;
  }
  for (const [index, node] of nodes.entries()) {
    const mine = run.writes.filter((write) => write.node === index + 1);
    if (mine.length === 0) continue;
    const fd = openSync(node, 'r+');
    for (const { offsetBytes, base64 } of mine) {
      const bytes = Buffer.from(base64, 'base64');
      writeSync(fd, bytes, 0, bytes.length, offsetBytes);
    }
    fsyncSync(fd);
    closeSync(fd);
  }
  process.stdout.write(withNodes(run.stdout, nodes));
  process.stderr.write(withNodes(run.stderr, nodes));
  return run.status;
}

function record(): number {
  const before = nodes.map(contentOf);
  const ran = spawnSync(from, argv, { encoding: 'utf8', input: '' });
  const status = ran.status ?? 98;
  const run: RecordedRun = {
    argv: key,
    status,
    stdout: withPlaces(ran.stdout.replaceAll(OF_ITS_BUILD, ''), nodes),
    stderr: withPlaces(ran.stderr, nodes),
    writes: nodes.flatMap((node, index) =>
      differences(before[index] ?? Buffer.alloc(0), contentOf(node)).map((each) => ({
        node: index + 1,
        ...each,
      })),
    ),
  };
  appendFileSync(where, `${JSON.stringify(run)}\n`);
  process.stdout.write(ran.stdout);
  process.stderr.write(ran.stderr);
  return status;
}

function contentOf(node: string): Buffer {
  spawnSync('blockdev', ['--flushbufs', node]);
  const fd = openSync(node, 'r');
  const parts: Buffer[] = [];
  for (;;) {
    const part = Buffer.alloc(4 * 1024 * 1024);
    const got = readSync(fd, part);
    if (got === 0) break;
    parts.push(part.subarray(0, got));
  }
  closeSync(fd);
  return Buffer.concat(parts);
}

/** Runs of sectors that differ. */
function differences(before: Buffer, after: Buffer): { offsetBytes: number; base64: string }[] {
  const found: { offsetBytes: number; base64: string }[] = [];
  let start = -1;
  for (let at = 0; at <= after.length; at += STEP_BYTES) {
    const end = Math.min(at + STEP_BYTES, after.length);
    const isSame = at >= after.length || before.compare(after, at, end, at, end) === 0;
    if (!isSame && start < 0) start = at;
    if (isSame && start >= 0) {
      found.push({ offsetBytes: start, base64: after.subarray(start, at).toString('base64') });
      start = -1;
    }
  }
  return found;
}

process.exitCode = mode === 'record' ? record() : replay();
