import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfigNode, ConfigTree, ConfigValue } from '../../../src/model/config-tree.ts';
import {
  changeSection,
  configInteger,
  findNumber,
  findSection,
  without,
  withValue,
} from '../../../src/model/config-tree.ts';
import { decodeMetadata } from '../../../src/ondisk/lvm2/text/metadata.ts';
import { parseConfig } from '../../../src/ondisk/lvm2/text/parser.ts';
import { printConfig } from '../../../src/ondisk/lvm2/text/printer.ts';
import { loadFile, metadataTextBytes } from './pv-fixture.ts';

const parsed = (text: string): readonly ConfigNode[] => {
  const { value, problems } = parseConfig(text);
  expect(problems).toEqual([]);
  return value.nodes;
};
const value = (text: string) => {
  const [node] = parsed(`key = ${text}`);
  return node?.kind === 'value' ? node.value : undefined;
};

/** Any byte but NUL, which ends a text. */
const byteString = fc
  .array(fc.integer({ min: 1, max: 255 }), { maxLength: 12 })
  .map((bytes) => String.fromCharCode(...bytes));
const scalar: fc.Arbitrary<ConfigValue> = fc.oneof(
  byteString.map((text): ConfigValue => ({ kind: 'string', value: text })),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((whole): ConfigValue => ({ kind: 'integer', value: whole })),
  fc.stringMatching(/^-?\d{1,3}\.\d{0,3}$/).map((text): ConfigValue => ({ kind: 'float', text })),
);
const { nodes } = fc.letrec<{ nodes: ConfigNode[]; node: ConfigNode }>((tie) => ({
  nodes: fc.array(tie('node'), { maxLength: 5 }),
  node: fc.oneof(
    { depthSize: 'small' },
    fc.record({
      kind: fc.constant('value' as const),
      key: byteString,
      value: fc.oneof(
        scalar,
        fc.array(scalar, { maxLength: 4 }).map((items) => ({ kind: 'array' as const, items })),
      ),
    }),
    fc.record({ kind: fc.constant('section' as const), key: byteString, children: tie('nodes') }),
  ),
}));
const tree: fc.Arbitrary<ConfigTree> = nodes.map((each) => ({ nodes: each }));

describe('grammar', () => {
  it('reads every kind of value', () => {
    expect(value('"a \\"b\\" \\\\ \\n"')).toEqual({ kind: 'string', value: 'a "b" \\ \\n' });
    expect(value("'raw \\ \"'")).toEqual({ kind: 'string', value: 'raw \\ "' });
    expect(value('bare/word-1')).toEqual({ kind: 'string', value: 'bare/word-1' });
    expect(value('-12')).toEqual({ kind: 'integer', value: -12n });
    expect(value('9223372036854775807')).toEqual({ kind: 'integer', value: 2n ** 63n - 1n });
    expect(value('0.25')).toEqual({ kind: 'float', text: '0.25' });
    expect(value('[]')).toEqual({ kind: 'array', items: [] });
    expect(value('[ "pv0", 0 # here\n, "pv1" 5, ]')).toMatchObject({ items: [{}, {}, {}, {}] });
  });

  it('reads sections, comments and names in quotes', () => {
    expect(parsed('# one\nvg { # two\n a=1 lv{b=2}}"c d" = 3 #end')).toMatchObject([
      { key: 'vg', children: [{ key: 'a' }, { key: 'lv', children: [{ key: 'b' }] }] },
      { key: 'c d' },
    ]);
  });

  it('ends at the first NUL', () => {
    expect(parsed('a = 1\0 { { {')).toHaveLength(1);
  });

  it.each([
    ['a', 'A name is followed'],
    ['a =', 'A value'],
    ['a = "b', 'A value'],
    ['a = [1, 2', 'A value'],
    ['a = [[1]]', 'A value'],
    ['a = -', 'A value'],
    ['a = 9223372036854775808', 'A value'],
    ['a = 99999999999999999999999999999999', 'A value'],
    ['a { b = 1', 'A section is not closed'],
    ['a = 1 }', 'A closing brace'],
    ['= 1', 'A name was expected'],
    ['x{'.repeat(100_000), 'Sections are nested too deeply'],
  ])('refuses %.20s', (text, message) => {
    const { problems } = parseConfig(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code: 'text-syntax', message: expect.stringContaining(message) });
  });

  it('keeps what stands before the break, and says where it is', () => {
    const { value: kept, problems } = parseConfig('a = 1\nb { c = 2 d ! }');
    expect(kept.nodes).toMatchObject([{ key: 'a' }, { key: 'b', children: [{ key: 'c' }] }]);
    expect(problems[0]?.offsetBytes).toBe(18);
  });

  it('bounds how much it makes of a text', () => {
    expect(parseConfig('a=1 '.repeat(50), { left: 49 }).problems).toHaveLength(1);
    expect(parseConfig('a=1 '.repeat(50), { left: 50 }).problems).toEqual([]);
  });

  it('parses any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void parseConfig(bytes)));
    const grammarLike = fc.array(fc.constantFrom(...'{}[],="\'\\#\n a1.-+@'), { maxLength: 60 });
    fc.assert(
      fc.property(grammarLike, (chars) => void parseConfig(chars.join(''))),
      { numRuns: 2000 },
    );
  });

  it('does not choke on one token of many megabytes', () => {
    for (const text of ['"\\x', '#\n', ' ', 'a', "'"]) parseConfig(text.repeat(1_000_000));
    expect(parseConfig(`a = "${'\\"'.repeat(2_000_000)}"`).problems).toEqual([]);
  });
});

describe('printer', () => {
  it('gives back every tree', () => {
    fc.assert(
      fc.property(tree, (each) => {
        expect(parseConfig(printConfig(each))).toEqual({ value: each, problems: [] });
      }),
    );
  });

  it.each(['normal.backup', 'kinds.backup'])('keeps all of %s but comments', (name) => {
    const { value: kept, problems } = parseConfig(loadFile(name));
    expect(problems).toEqual([]);
    const printed = printConfig(kept);
    expect(parseConfig(printed).value).toEqual(kept);
    expect(Buffer.from(printed).toString()).toMatch(/^contents = "Text Format Volume Group"\nversion = 1\n/);
  });

  it('indents as lvm does', () => {
    const text = 'a = ["b", 0]\n\nvg {\n\tid = "x"\n\n\tpv {\n\t\tn = -1\n\t}\n}\n';
    expect(Buffer.from(printConfig(parseConfig(text).value)).toString()).toBe(text);
  });
});

describe('tree helpers', () => {
  const start = parsed('a = 1 vg { seqno = 4 lvs { x { } y { } } }');

  it('change one value or section and leave the rest as it was', () => {
    const raised = changeSection(start, ['vg'], (vg) => withValue(vg, 'seqno', configInteger(9)));
    expect(findNumber(findSection(raised, 'vg')?.children ?? [], 'seqno')).toBe(9);
    expect(raised[0]).toBe(start[0]);
    const fewer = changeSection(start, ['vg', 'lvs'], (lvs) => without(lvs, 'x'));
    expect(Buffer.from(printConfig({ nodes: fewer })).toString()).not.toContain('x {');
    expect(changeSection(start, ['vg', 'nowhere', 'x'], () => [])).toEqual(start);
  });
});

describe('metadata', () => {
  const decode = (text: Uint8Array | string) => decodeMetadata(parseConfig(text).value);
  const sample = (body = '') => Buffer.from(metadataTextBytes(7, body)).toString('latin1');

  it('reads lvm backup files', () => {
    const { value: vg, problems } = decode(loadFile('normal.backup'));
    expect(problems).toEqual([]);
    expect(vg).toMatchObject({
      name: 'vg0',
      seqno: 6,
      status: ['RESIZEABLE', 'READ', 'WRITE'],
      extentSizeSectors: 8192,
      systemId: null,
      lockType: null,
      pvs: [{ name: 'pv0', peStartSectors: 2048, peCount: 23, devSizeSectors: 196608 }, { name: 'pv1' }],
      lvs: [
        {
          name: 'root',
          status: ['READ', 'WRITE', 'VISIBLE'],
          segments: [
            { startExtent: 0, extentCount: 3, type: 'striped', areaExtents: 3, dependsOn: [] },
            { startExtent: 3, extentCount: 2, areas: [{ on: 'pv', name: 'pv0', startExtent: 5 }] },
          ],
        },
        { name: 'home', tags: ['kept'] },
      ],
    });
    expect(vg?.creationTime).toBeGreaterThan(1_700_000_000);
  });

  it.each([
    ['id', 'id = "vgvgvg-0123-4567-89ab-cdef-ABCD-EFGHIJ"', 'text-uuid'],
    ['seqno', 'seqno = 7', 'text-number'],
    ['extent_size', 'extent_size = 8192', 'text-number'],
    ['physical_volumes', 'physical_volumes {', 'text-pvs'],
    ['pe_start', 'pe_start = 384', 'text-number'],
    ['contents', 'contents = "Text Format Volume Group"', 'text-contents'],
    ['version', 'version = 1', 'text-contents'],
  ])('is not whole without %s', (_, line, code) => {
    const replacement = line.endsWith('{') ? 'other {' : '';
    const { value: vg, problems } = decode(sample().replace(line, replacement));
    expect(vg).toBeNull();
    expect(problems[0]?.code).toBe(code);
  });

  it('holds seqnos to 32 bits', () => {
    expect(decode(sample().replace('seqno = 7', 'seqno = 4294967295')).value?.seqno).toBe(4294967295);
    expect(decode(sample().replace('seqno = 7', 'seqno = 4294967296')).problems).toMatchObject([
      { code: 'text-seqno' },
    ]);
    expect(decode(sample().replace('seqno = 7', 'seqno = -1')).value).toBeNull();
  });

  it('describes exactly one volume group', () => {
    expect(decode(`${sample()}`.replace('\0', 'vg1 { }')).problems).toMatchObject([{ code: 'text-groups' }]);
    expect(decode('contents = "Text Format Volume Group" version = 1').value).toBeNull();
  });

  it('reads LVs that stand on other LVs', () => {
    const { value: vg, problems } = decode(loadFile('kinds.backup'));
    expect(problems).toEqual([]);
    const segmentOf = (name: string) => vg?.lvs.find((lv) => lv.name === name)?.segments[0];
    expect(segmentOf('r5')).toMatchObject({
      areaExtents: 1,
      areas: [0, 1, 2].map((leg) => ({ on: 'lv', name: `r5_rimage_${leg}`, startExtent: 0 })),
      dependsOn: [0, 1, 2].map((leg) => `r5_rmeta_${leg}`),
    });
    expect(segmentOf('r1')).toMatchObject({ areaExtents: 1, dependsOn: ['r1_rmeta_0', 'r1_rmeta_1'] });
    expect(segmentOf('m')?.areas.map((area) => area.name)).toEqual(['m0', 'm1']);
    expect(segmentOf('p')).toMatchObject({ areas: [], dependsOn: ['p_tmeta', 'p_tdata'] });
    expect(segmentOf('t')).toMatchObject({ areas: [], dependsOn: ['p'] });
    expect(segmentOf('p_tdata')?.areas).toEqual([{ on: 'pv', name: 'pv0', startExtent: 13 }]);
  });

  it('decodes any tree', () => {
    fc.assert(fc.property(tree, (each) => void decodeMetadata(each)));
  });

  describe('segments', () => {
    const LV_ID = 'lvlvlv-0123-4567-89ab-cdef-ABCD-EFGHIJ';
    const segment = (text: string) => {
      const body = `logical_volumes { lv { id = "${LV_ID}" segment1 { start_extent = 0 extent_count = 12 ${text} } } }`;
      const { value: vg, problems } = decode(sample(body));
      expect(problems).toEqual([]);
      return vg?.lvs[0]?.segments[0];
    };
    const legs = (count: number) =>
      Array.from({ length: count }, (_, at) => `"lv_rmeta_${at}", "lv_rimage_${at}"`).join(', ');

    it.each([
      ['type="striped" stripe_count=2 stripes=["pv0", 0, "lv_a", 7]', 6, ['pv:pv0:0', 'lv:lv_a:7'], []],
      ['type="mirror" mirrors=["m0", 0, "m1", 0] mirror_log="mlog"', 12, ['lv:m0:0', 'lv:m1:0'], ['mlog']],
      [
        `type="raid1" raids=[${legs(2)}]`,
        12,
        ['lv:lv_rimage_0:0', 'lv:lv_rimage_1:0'],
        ['lv_rmeta_0', 'lv_rmeta_1'],
      ],
      [`type="raid5_ls" raids=[${legs(3)}]`, 6, null, null],
      [`type="raid6_zr" raids=[${legs(5)}]`, 4, null, null],
      [`type="raid10" raids=[${legs(4)}]`, 6, null, null],
      ['type="raid0" raid0_lvs=["a", "b"]', 6, ['lv:a:0', 'lv:b:0'], []],
      ['type="thin-pool" metadata="p_tmeta" pool="p_tdata" transaction_id=1', 12, [], ['p_tmeta', 'p_tdata']],
      ['type="thin" thin_pool="p" origin="o" device_id=1', 12, [], ['p', 'o']],
      ['type="snapshot" origin="o" cow_store="c" chunk_size=8', 12, [], ['o', 'c']],
      ['type="cache" cache_pool="cp" origin="o"', 12, [], ['o', 'cp']],
      ['type="cache-pool+METADATA_FORMAT" data="d" metadata="m"', 12, [], ['m', 'd']],
      ['type="writecache" writecache="w" origin="o"', 12, [], ['o', 'w']],
      ['type="error"', 12, [], []],
      ['type="striped" stripes="nonsense" stripe_count=0', 12, [], []],
    ])('%s', (text, areaExtents, areas, dependsOn) => {
      const found = segment(text);
      expect(found?.areaExtents).toBe(areaExtents);
      if (areas)
        expect(found?.areas.map((area) => `${area.on}:${area.name}:${area.startExtent}`)).toEqual(areas);
      if (dependsOn) expect(found?.dependsOn).toEqual(dependsOn);
    });
  });
});
