import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseConfig } from '../../src/ondisk/lvm2/text/parser.ts';
import { TextCache } from '../../src/ondisk/lvm2/text/text-cache.ts';
import { repairProblems } from '../../vm-harness/lab/check.ts';
import { run } from '../../vm-harness/lab/host.ts';
import { buildLargeGroup, largeGroupDisks } from '../../vm-harness/lab/large-group.ts';
import { remember, standard, VG, vgDisks } from '../../vm-harness/lab/layouts.ts';
import { type ProductResult, productEnvironment } from '../../vm-harness/lab/product.ts';
import { LabWorld } from '../../vm-harness/lab/world.ts';
import { changeWhileAway } from '../../vm-harness/recipes/damage.ts';
import { byTurns, median } from './measure.ts';
import { kilobytes, mebibytes, megabytes, milliseconds, note, type Row, table } from './page.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const product = `${root}dist/lvmedic`;
const sources = [process.execPath, '--no-warnings', `${root}src/main.ts`];
const PEER_COMMANDS = [['pvs'], ['vgs'], ['lvs'], ['vgck', VG]];
const LARGE = { pvs: 64, lvs: 1000 };

type Times = (count: number) => number;

/** `times` gives how often what is to be measured so many times is. Rejects when something is not as it must be. */
export async function benchLab(times: Times): Promise<string[]> {
  const small = new LabWorld(vgDisks(3), { archive: false });
  const large = new LabWorld(largeGroupDisks(LARGE.pvs), { archive: false });
  try {
    note('building the volume groups');
    standard(3, { archive: false })(small);
    buildLargeGroup(large, LARGE.lvs);
    remember(large);
    const text = large.pv('d1').mdas[0]?.text ?? '';
    const startUp = measureStartUp(times);
    const diagnose = [
      ...(await measureDiagnose('3 PVs, 4 LVs', small, times(11))),
      ...(await measureDiagnose(largeName(), large, times(7))),
    ];
    const parse = measureParse(text, times);
    const repairs = [
      await measureRepair('3 PVs, 4 LVs', small, 'd2', times(5)),
      await measureRepair(largeName(), large, 'd7', times(3)),
    ];
    return [
      table('Diagnose', DIAGNOSE_NOTE, diagnose),
      table(
        'Rehearsal',
        REHEARSAL_NOTE,
        repairs.map((each) => each.rehearsal),
      ),
      table(
        'A whole repair',
        REPAIR_NOTE,
        repairs.map((each) => each.whole),
      ),
      table('Reading metadata texts', parseNote(text), parse),
      table('Start and size', START_NOTE, startUp),
    ];
  } finally {
    small.dispose();
    large.dispose();
  }
}

const largeName = (): string => `${LARGE.pvs} PVs, ${LARGE.lvs.toLocaleString('en')} LVs`;

const DIAGNOSE_NOTE = `\`dist/lvmedic diagnose --json\` with every disk as TARGET, against \`${PEER_COMMANDS.map(
  (words) => `lvm ${words.join(' ').replace(VG, 'VG')}`,
).join(
  '; ',
)}\` with a filter for the same loop devices. lvm reads the newest text once a command; lvmedic also reads
every older generation in every ring, all label sectors, partition tables and superblocks. "Without start-up" is the
median less that of \`--version\`: unpacking 32 MB and starting Node.`;

async function measureDiagnose(name: string, world: LabWorld, count: number): Promise<Row[]> {
  note(`diagnose: ${name}`);
  const targets = world.present().map((disk) => world.node(disk));
  const args = ['diagnose', '--json', ...targets];
  const works = [
    () => runOurs([product, ...args], world),
    () => runOurs([product, '--version'], world),
    () => runOurs([...sources, ...args], world),
    () => PEER_COMMANDS.map((words) => world.lvm(words)),
  ];
  const [ours = [], start = [], fromSource = [], peer = []] = byTurns(works, count);
  const peerMs = median(peer);
  const row = (what: string, ms: number): Row => ({
    ...{ what: `${name}: ${what}`, ours: milliseconds(ms) },
    ...{ peer: 'the four lvm commands', peerValue: milliseconds(peerMs), ratio: ms / peerMs },
  });
  const peak = await peakKiB([product, ...args], world);
  const lvmPeak = Math.max(...(await lvmPeaksKiB(world)));
  return [
    row('the one file', median(ours)),
    row('without start-up', median(ours) - median(start)),
    row('from source, under Node', median(fromSource)),
    {
      ...{ what: `${name}: peak memory`, ours: mebibytes(peak), peer: 'the largest of them' },
      ...{ peerValue: mebibytes(lvmPeak), ratio: peak / lvmPeak },
    },
  ];
}

/** Runs lvmedic on healthy disks. */
function runOurs([command = '', ...args]: readonly string[], world: LabWorld): void {
  const ran = spawnSync(command, args, { encoding: 'utf8', env: environmentIn(world), maxBuffer: 2 ** 26 });
  if (ran.status !== 0)
    throw new Error(`${command} ${args.slice(0, 3).join(' ')}: ${ran.status} ${ran.stderr}`);
}

const environmentIn = (world: LabWorld) => ({ PATH: process.env.PATH, ...productEnvironment(world) });

/** The kernel's high-water mark of a process, looked at until it ends. */
async function peakKiB(argv: readonly string[], world: LabWorld): Promise<number> {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, { env: environmentIn(world), stdio: 'ignore' });
  let peak = 0;
  const look = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? 0));
    } catch {
      // It has ended.
    }
  }, 1);
  await new Promise((resolve) => child.on('close', resolve));
  clearInterval(look);
  return peak;
}

/** With the configuration that the last command of the world left behind. */
async function lvmPeaksKiB(world: LabWorld): Promise<number[]> {
  const peaks: number[] = [];
  for (const words of PEER_COMMANDS) {
    const argv = ['env', `LVM_SYSTEM_DIR=${world.dir}/conf`, 'LVM_SUPPRESS_FD_WARNINGS=1', 'lvm', ...words];
    peaks.push(await peakKiB(argv, world));
  }
  return peaks;
}

const REHEARSAL_NOTE = `One PV is marked MISSING; \`repair --dry-run\` makes copies of all metadata, runs lvm on them and reads them again. Timed from its
first event to the result, against the lvm command alone that runs in it.`;
const REPAIR_NOTE = `\`repair --unattended\` of the same: survey, rehearsal, undo record, the command, verification. Afterwards the lab's own check
(extents, tags and texts, by lvm and by bytes) found nothing wrong. The peer is that one lvm command on the disks,
with no look before or after it.`;

async function measureRepair(
  name: string,
  healthy: LabWorld,
  disk: string,
  count: number,
): Promise<{ rehearsal: Row; whole: Row }> {
  note(`repair: ${name}`);
  const lists: Record<'rehearsal' | 'replica' | 'whole' | 'live', number[]> = {
    ...{ rehearsal: [], replica: [], whole: [], live: [] },
  };
  for (let round = 0; round < count; round++) {
    const world = healthy.copy();
    try {
      changeWhileAway(world, disk);
      const dry = await repair(world, ['--dry-run']);
      lists.rehearsal.push(dry.endMs - dry.rehearsalMs);
      lists.replica.push(dry.lvmMs.replica);
      const real = await repair(world, []);
      if (real.result.outcome !== 'repaired') throw new Error(`${name}: not repaired: ${why(real.result)}`);
      lists.whole.push(real.endMs);
      lists.live.push(real.lvmMs.live);
      const problems = repairProblems(world);
      if (problems.length > 0) throw new Error(`${name} after the repair: ${problems.join('; ')}`);
    } finally {
      world.dispose();
    }
  }
  const row = (ours: readonly number[], peer: readonly number[]): Row => ({
    ...{ what: name, ours: milliseconds(median(ours)), peer: '`lvm vgextend --restoremissing`' },
    ...{ peerValue: milliseconds(median(peer)), ratio: median(ours) / median(peer) },
  });
  return { rehearsal: row(lists.rehearsal, lists.replica), whole: row(lists.whole, lists.live) };
}

function why(result: ProductResult): string {
  return [result.outcome, ...(result.declined ?? []).map((each) => each.reason)].join('; ');
}

interface TimedRepair {
  readonly result: ProductResult;
  readonly rehearsalMs: number;
  readonly endMs: number;
  readonly lvmMs: { replica: number; live: number };
}

/** Reads the events as they come, for their times. */
async function repair(world: LabWorld, args: readonly string[]): Promise<TimedRepair> {
  const argv = ['repair', '--unattended', '--json', '--state-dir', world.stateDir, ...args];
  const targets = world.loopTargets();
  const began = performance.now();
  const child = spawn(product, [...argv, ...targets], {
    env: environmentIn(world),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const lvmMs = { replica: 0, live: 0 };
  let rehearsalMs = 0;
  let result: ProductResult | null = null;
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line);
    if (event.type === 'phase' && event.phase === 'rehearse') rehearsalMs = performance.now() - began;
    if (event.type === 'ran') lvmMs[event.on as 'replica' | 'live'] += event.durationMs;
    if (event.type === 'result') result = event;
  }
  await ended;
  if (result === null) throw new Error('the repair gave no result');
  return { result, rehearsalMs, endMs: performance.now() - began, lvmMs };
}

const parseNote = (
  text: string,
): string => `The metadata text of ${largeName()} (${kilobytes(text.length)}), parsed to a tree, and read as the survey reads it (SHA-256, parsed,
decoded, lvm's CRC). \`JSON.parse\`, which is native code, of a JSON of the same size is named for orientation only.`;

function measureParse(text: string, times: Times): Row[] {
  note('parsing');
  const bytes = Buffer.from(`${text}\0`, 'latin1');
  const json = sameSizeJson(bytes.length);
  const works = [() => parseConfig(bytes), () => new TextCache().read(bytes), () => JSON.parse(json)];
  byTurns(works, times(10));
  const [tree = [], survey = [], parsed = []] = byTurns(works, times(50));
  const rate = (list: readonly number[]) =>
    `${((bytes.length / median(list) / 1e6) * 1000).toFixed(1)} MB/s, ${Math.round(1000 / median(list))} texts/s`;
  const row = (what: string, list: readonly number[]): Row => ({
    ...{ what, ours: rate(list), peer: '`JSON.parse`', peerValue: rate(parsed) },
    ratio: median(list) / median(parsed),
  });
  return [row('to a tree', tree), row('as in the survey', survey)];
}

/** LVs much like those of the text, in JSON. */
function sameSizeJson(sizeBytes: number): string {
  const segment = {
    start_extent: 0,
    extent_count: 2,
    type: 'striped',
    stripe_count: 1,
    stripes: ['pv1', 12],
  };
  const lv = {
    id: 'x'.repeat(38),
    status: ['READ', 'WRITE', 'VISIBLE'],
    flags: [],
    creation_time: 1_700_000_000,
  };
  const one = { ...lv, creation_host: 'lab', segment_count: 2, segment1: segment, segment2: segment };
  const count = Math.round(sizeBytes / (JSON.stringify(one).length + 1));
  return JSON.stringify(new Array(count).fill(one));
}

const START_NOTE = '`--version`, against `node --version` of the Node that it was built from.';

function measureStartUp(times: Times): Row[] {
  note('start-up');
  const works = [product, process.execPath].map((file) => () => run(file, ['--version']));
  const [ours = [], node = []] = byTurns(works, times(21));
  const size = statSync(product).size;
  const nodeSize = statSync(process.execPath).size;
  const peer = '`node`';
  return [
    {
      ...{ what: 'start', ours: milliseconds(median(ours)), peer, peerValue: milliseconds(median(node)) },
      ratio: median(ours) / median(node),
    },
    { what: 'size', ours: megabytes(size), peer, peerValue: megabytes(nodeSize), ratio: size / nodeSize },
  ];
}
