import { existsSync, truncateSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { labUnavailable, MIB, removeTemporaryFolders } from '../../vm-harness/lab/host.ts';
import { standard, VG, vgDisks } from '../../vm-harness/lab/layouts.ts';
import { prepare } from '../../vm-harness/lab/prepare.ts';
import { productCommand, productEnvironment } from '../../vm-harness/lab/product.ts';
import type { LabWorld } from '../../vm-harness/lab/world.ts';
import { editText } from '../../vm-harness/recipes/damage.ts';
import { allRecipes } from '../../vm-harness/recipes/index.ts';
import { type Attempt, attempt, EXIT } from './rough-handling.ts';

afterAll(removeTemporaryFolders);

const recipe = (id: string) => allRecipes.find((each) => each.id === id);

/** Every byte that a terminal would obey: C0 but the newline, DEL, ESC, and C1 as one character. */
const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
const LIMIT_MS = 20_000;

type Edit = (text: string) => string;
const renameVg =
  (name: string): Edit =>
  (text) =>
    text.replace(VG, name);
const renameLv =
  (name: string): Edit =>
  (text) =>
    text.replace('home {', `${name} {`);
const set =
  (pattern: RegExp, to: string): Edit =>
  (text) =>
    text.replace(pattern, to);

const manyLvs: Edit = (text) => {
  const [, body = ''] = /home (\{[\s\S]*?\n\}\n)/.exec(text) ?? [];
  const more = Array.from(
    { length: 900 },
    (_, n) => `lv${n} ${body.replace(/id = "LV...../, `id = "LV${String(n).padStart(4, '0')}`)}`,
  );
  return text.replace('logical_volumes {', `logical_volumes {\n${more.join('')}`);
};

const EDITS: readonly (readonly [string, Edit])[] = [
  ['a VG name with an escape sequence', renameVg('\x1b]0;owned\x07\x1b[2J')],
  ['a VG name with C1 controls', renameVg('a\u009b2J\u0085b')],
  ['a VG name that climbs out of folders', renameVg('../../../tmp/lvmedic-owned')],
  ['a VG name that is an option', renameVg('-rf')],
  ['a VG name that is a command', renameVg('$(touch /tmp/lvmedic-owned)')],
  ['a VG name of a quarter of a megabyte', renameVg('v'.repeat(256 * 1024))],
  ['an LV name with an escape sequence', renameLv('\x1b[31mhome\r')],
  ['an LV name that climbs out of folders', renameLv('../../x')],
  ['an LV name of a quarter of a megabyte', renameLv('l'.repeat(256 * 1024))],
  ['an LV named __proto__', renameLv('__proto__')],
  ['a tag with controls', set(/tags = \["proxy"\]/, 'tags = ["\x1b[2J\x07\\n"]')],
  ['a seqno of 2^32-1', set(/seqno = \d+/, 'seqno = 4294967295')],
  ['a seqno beyond every integer', set(/seqno = \d+/, 'seqno = 99999999999999999999999')],
  ['a negative seqno', set(/seqno = \d+/, 'seqno = -3')],
  ['extents of 0 sectors', set(/extent_size = \d+/, 'extent_size = 0')],
  ['extents larger than any disk', set(/extent_size = \d+/, 'extent_size = 9223372036854775807')],
  ['a volume of 2^53 extents', set(/extent_count = \d+/, 'extent_count = 9007199254740993')],
  ['a segment count of four thousand millions', set(/segment_count = \d+/, 'segment_count = 4294967295')],
  ['a stripe count that its list does not have', set(/stripe_count = 1/, 'stripe_count = 100000000')],
  ['a PV of pe_count 2^62', set(/pe_count = \d+/g, 'pe_count = 4611686018427387904')],
  ['an unclosed text', (text) => text.slice(0, -200)],
  ['ten thousand nested sections', (text) => `${'a {'.repeat(10_000)}${text}`],
  ['a list without an end', (text) => text.replace('status = [', `status = [${'"A",'.repeat(50_000)}`)],
  ['nine hundred logical volumes on the same extents', manyLvs],
];

describe.skipIf(labUnavailable() !== null)('a disk that was made to hurt', () => {
  let world: LabWorld;
  afterEach(() => world?.dispose());

  function lvmedic(...args: string[]): Attempt {
    world.detach();
    const targets = world
      .present()
      .filter((name) => /^d\d$/.test(name))
      .map((name) => world.image(name));
    const argv = [...productCommand(), ...args, '--state-dir', world.stateDir, ...targets];
    return attempt(argv, productEnvironment(world));
  }

  function staysCalm(): void {
    const before = world.fingerprint();
    for (const args of [
      ['diagnose', '--json'],
      ['repair', '--unattended', '--dry-run'],
    ]) {
      const started = performance.now();
      const ran = lvmedic(...args);
      const said = ran.transcript.slice(0, 4000);
      expect(ran.transcript.includes('bug in lvmedic'), ran.transcript.slice(-3000)).toBe(false);
      expect([EXIT.healthy, EXIT.left, EXIT.error], said).toContain(ran.status);
      expect(performance.now() - started, said).toBeLessThan(LIMIT_MS);
      const out = ran.stdout + ran.stderr;
      const at = out.search(OBEYED);
      expect(at < 0 ? '' : JSON.stringify(out.slice(Math.max(0, at - 60), at + 60)), args.join(' ')).toBe('');
    }
    expect(world.fingerprint()).toEqual(before);
    expect(existsSync('/tmp/lvmedic-owned')).toBe(false);
  }

  test.each(EDITS)('%s', (_, edit) => {
    const marked = recipe('lvm2-pv-marked-missing');
    if (marked === undefined) throw new Error('no recipe');
    world = prepare(marked);
    editText(world, 'd1', edit);
    staysCalm();
  });

  test.each([
    ['offsets at the end of all numbers', 0xffn],
    ['offsets of one', 0x01n],
  ])('a label whose header points everywhere: %s', (_, byte) => {
    world = prepare({
      id: 'x',
      title: 'x',
      seeds: [],
      disks: vgDisks(2),
      build: standard(2),
      break: () => {},
      expect: { faults: [], repair: 'healthy' },
    });
    const at = world.pv('d1').labelOffsetBytes;
    // After the 32-byte label header and the id: the device's size and the lists of places.
    world.overwrite('d1', at + 64, Buffer.alloc(200, Number(byte)));
    staysCalm();
  });

  test('an area header that is sixteen exbibytes long', () => {
    const marked = recipe('lvm2-pv-marked-missing');
    if (marked === undefined) throw new Error('no recipe');
    world = prepare(marked);
    const [mda] = world.pv('d1').mdas;
    world.overwrite('d1', (mda?.offsetBytes ?? 0) + 24, Buffer.alloc(48, 0xff));
    staysCalm();
  });

  test('a disk that ends in the middle of its metadata', () => {
    const marked = recipe('lvm2-pv-marked-missing');
    if (marked === undefined) throw new Error('no recipe');
    world = prepare(marked);
    truncateSync(world.image('d2'), MIB / 2);
    staysCalm();
  });
});
