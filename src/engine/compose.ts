import { conditionOf, isSound } from '../faults/volume-group/condition.ts';
import { farewellTo } from '../faults/volume-group/farewell.ts';
import type { Member } from '../faults/volume-group/pieces.ts';
import type { VolumeGroupView } from '../faults/volume-group/view.ts';
import { dialectOf } from '../lvm/dialect.ts';
import { metadataFile, targetMetadata } from '../lvm/target-text.ts';
import { isVisible, lvSizeExtents, occupiedRuns } from '../model/extents.ts';
import type { Choice, Policy } from '../model/finding.ts';
import type { LvSection } from '../model/metadata.ts';
import type { Goal, Intent, LvmStep, PlanText, Step, VgPlan, Word } from '../model/plan.ts';
import { type MetadataText, type Region, type Survey, standaloneRegions } from '../model/survey.ts';

const SECTOR_BYTES = 512;
const LABEL_SECTORS = 4;

type IntentOf<K extends Intent['kind']> = Extract<Intent, { kind: K }>;

/** Makes one plan of all that a VG needs, ordered from the disk upward. Pure. */
export function compose(
  view: VolumeGroupView,
  choices: readonly Choice[],
  findingIds: readonly string[],
  survey: Survey,
  remedyId = 'repair',
): VgPlan {
  const intents = choices.flatMap((choice) => choice.intents);
  const regionOfPv = regionsOfPvs(view, intents);
  const work = { view, survey, intents, regionOfPv, name: view.ref.name };
  const body = bodyOf(work);
  const distinct = (lists: readonly (readonly string[])[]) => [...new Set(lists.flat())];
  return {
    volumeGroup: view.ref,
    remedyId,
    title: distinct(choices.map((choice) => [choice.title])).join('; '),
    policy: choices.reduce<Policy>(
      (worst, { policy }) => (rank(policy) > rank(worst) ? policy : worst),
      'safe',
    ),
    caveats: distinct(choices.map((choice) => choice.caveats)),
    losses: distinct(choices.map((choice) => choice.losses)),
    findingIds,
    steps: body.onlyActivates ? body.steps : [...before(work), ...body.steps, ...after(work)],
    texts: body.texts,
    regionIds: [...new Set(Object.values(regionOfPv))],
    goal: body.goal,
  };
}

const rank = (policy: Policy): number =>
  ['report', 'safe', 'degraded', 'ask', 'lossy', 'config'].indexOf(policy);

interface Work {
  readonly view: VolumeGroupView;
  readonly survey: Survey;
  readonly intents: readonly Intent[];
  readonly regionOfPv: Readonly<Record<string, string>>;
  readonly name: string;
}

interface Body {
  readonly steps: readonly Step[];
  readonly texts: readonly PlanText[];
  readonly goal: Goal;
  readonly onlyActivates?: true;
}

function bodyOf(work: Work): Body {
  if (work.intents.every((intent) => intent.kind === 'activate')) return activation(work);
  if (pick(work.intents, 'forget-absent').length > 0) return forgetAbsent(work);
  return flagsAlone(work) ? restoreMissing(work) : restoreText(work);
}

function pick<K extends Intent['kind']>(intents: readonly Intent[], kind: K): IntentOf<K>[] {
  return intents.filter((intent): intent is IntentOf<K> => intent.kind === kind);
}

function regionsOfPvs(view: VolumeGroupView, intents: readonly Intent[]): Record<string, string> {
  const members = view.members.flatMap(({ section, region }) =>
    region ? [[section.uuid, region.id] as const] : [],
  );
  const others = [...pick(intents, 'adopt-pv'), ...pick(intents, 'rebuild-pv')];
  return Object.fromEntries([
    ...members,
    ...others.map(({ pvUuid, regionId }) => [pvUuid, regionId] as const),
  ]);
}

/**
 * Only MISSING flags stand in the way, on PVs that are sound, and no higher seqno lurks anywhere. A PV without a metadata
 * area in use is left to vgcfgrestore: while it reads, lvm takes such a PV for present, and then refuses to restore it.
 */
function flagsAlone({ view, survey, intents }: Work): boolean {
  const cleared = pick(intents, 'clear-missing');
  return (
    cleared.every(({ pvUuid }) => isHeldMissing(pvUuid, view, survey)) &&
    intents.every((intent) => intent.kind === 'clear-missing') &&
    view.baseProof === 'committed' &&
    view.seqnoSeen === view.base.metadata.seqno &&
    view.members.every((member) => isSound(conditionOf(member, view)) && hasArea(member))
  );
}

/** Old lvm takes the flag off a PV without LVs by reading alone, and its vgextend then says that nothing is missing. */
function isHeldMissing(pvUuid: string, { base }: VolumeGroupView, { machine }: Survey): boolean {
  const { writesWhileReading } = dialectOf(machine.lvm?.version ?? '0');
  return writesWhileReading === 0 || occupiedRuns(base.metadata).some((run) => run.pvUuid === pvUuid);
}

const hasArea = ({ region, section }: Member): boolean =>
  !section.flags.includes('MISSING') || region?.pv.metadataAreas.some((area) => !area.ignored) !== false;

function activation(work: Work): Body {
  const names = pick(work.intents, 'activate').flatMap(({ lvNames }) => lvNames);
  const { metadata } = work.view.base;
  const words = ['lvchange', '-ay', ...names.map((lv) => `${work.name}/${lv}`)];
  const goal = { metadata, absentPvUuids: absentOf(work), mustHold: [], seqnoAfter: metadata.seqno };
  return {
    steps: [lvm(work, words, 'boot waits for this; no metadata of LVM changes', true)],
    texts: [],
    goal: { ...goal, regionOfPv: work.regionOfPv },
    onlyActivates: true,
  };
}

function restoreMissing(work: Work): Body {
  const { view, survey, intents, regionOfPv } = work;
  const { writesWhileReading } = dialectOf(survey.machine.lvm?.version ?? '0');
  const cleared = pick(intents, 'clear-missing');
  const { seqno } = view.base.metadata;
  const present = new Set(Object.keys(regionOfPv));
  return {
    steps: [
      lvm(
        work,
        ['vgextend', '--restoremissing', work.name, ...cleared.map(({ regionId }) => ({ nodeOf: regionId }))],
        `take the MISSING flag back and bring ${cleared.length === 1 ? 'the disk' : 'the disks'} up to date`,
      ),
    ],
    texts: [],
    goal: {
      metadata: targetMetadata(view.base.metadata, { seqno, presentPvUuids: present, adoptions: [] }),
      absentPvUuids: absentOf(work),
      mustHold: [],
      seqnoAfter: seqno + 1 + writesWhileReading,
      regionOfPv,
    },
  };
}

/** The way for everything else: areas that are no good are made anew, then one text goes to all PVs. */
function restoreText(work: Work): Body {
  const { view, intents, regionOfPv } = work;
  // The side of a split brain that was chosen comes after what a rebuild takes for granted.
  const base = pick(intents, 'base').at(-1)?.text ?? view.base;
  const contested = pick(intents, 'agree').some((intent) => intent.contested);
  const make = (seqno: number) =>
    targetMetadata(base.metadata, {
      seqno,
      presentPvUuids: new Set(Object.keys(regionOfPv)),
      tags: pick(intents, 'agree').flatMap((intent) => intent.tags ?? []),
      adoptions: pick(intents, 'adopt-pv').map(({ from, pvUuid, lvUuids }) => ({
        from: from.metadata,
        pvUuid,
        lvUuids,
      })),
    });
  // vgcfgrestore writes the seqno of the file plus one; over a split brain, one run leaves the sides apart.
  const seqnos = contested ? [view.seqnoSeen + 1, view.seqnoSeen + 3] : [view.seqnoSeen + 1];
  const generations = seqnos.map(make);
  const texts = generations.map((metadata, index) => ({
    id: `${index + 1}.vg`,
    bytes: metadataFile(metadata),
  }));
  const [first] = generations;
  const [firstText] = texts;
  if (first === undefined || firstText === undefined) throw new Error('a plan without a text');
  const force = first.lvs.some((lv) => lv.segments.some(({ type }) => type.startsWith('thin')))
    ? ['--force']
    : [];
  const rebuilds = new Map(pick(intents, 'rebuild-pv').map((intent) => [intent.pvUuid, intent]));
  return {
    steps: [
      ...[...rebuilds.values()].flatMap((intent) => rebuild(work, intent, firstText.id)),
      ...texts.map(({ id }, index) =>
        lvm(
          work,
          ['vgcfgrestore', ...force, '-f', { pathOf: id }, work.name],
          index === 0
            ? `write ${source(base)} to every physical volume, above every generation seen (${view.seqnoSeen})`
            : 'once more: after a split brain one run leaves the sides at different generations',
        ),
      ),
    ],
    texts,
    goal: {
      metadata: first,
      absentPvUuids: [],
      mustHold: [],
      seqnoAfter: view.seqnoSeen + seqnos.length * 2,
      regionOfPv,
    },
  };
}

function source(base: MetadataText): string {
  const where = base.source.kind === 'file' ? base.source.path : base.source.device;
  return `generation ${base.metadata.seqno} (from ${where})`;
}

function rebuild(work: Work, { pvUuid, regionId }: IntentOf<'rebuild-pv'>, textId: string): Step[] {
  const region = standaloneRegions(work.survey).find((each) => each.id === regionId);
  if (region === undefined) throw new Error(`no region ${regionId}`);
  const copies = areaCount(region, work) > 1 ? ['--pvmetadatacopies', '2'] : [];
  return [
    ...clearLabel(region),
    lvm(
      work,
      ['pvcreate', '--uuid', pvUuid, '--restorefile', { pathOf: textId }, ...copies, { nodeOf: regionId }],
      'write a new label, header and empty metadata area under the old id',
    ),
  ];
}

/** pvcreate refuses a device whose label, good or bad, or whose partition table still stands. */
function clearLabel(region: Region): Step[] {
  const remnants = region.pv.labels.map((label) => label.sector);
  const sectors = region.signatures.length > 0 ? [...Array(LABEL_SECTORS).keys()] : remnants;
  return [...new Set(sectors)].sort().map((sector) => ({
    kind: 'write' as const,
    regionId: region.id,
    offsetBytes: sector * SECTOR_BYTES,
    bytes: new Uint8Array(SECTOR_BYTES),
    why: `clear sector ${sector}: lvm pvcreate refuses to go over what stands there`,
  }));
}

/** How many areas the PV had: what is left of it says so, else its sisters do. */
function areaCount(region: Region, { view }: Work): number {
  const own = region.pv.metadataAreas.length;
  if (own > 0) return own;
  return Math.max(0, ...view.members.map((member) => member.region?.pv.metadataAreas.length ?? 0));
}

function forgetAbsent(work: Work): Body {
  const { view, regionOfPv, name } = work;
  const base = view.base.metadata;
  const absent = new Set(absentOf(work));
  const { first, removed, holed } = farewellTo(absent, base);
  const hasMore = holed.size > 0 || [...removed].some((lv) => isVisible(lv) && !first.includes(lv.name));
  return {
    steps: [
      ...first.map((lv) =>
        lvm(work, ['lvremove', '-f', `${name}/${lv}`], 'its place is absent; nothing else goes with it'),
      ),
      lvm(
        work,
        ['vgreduce', '--removemissing', ...(hasMore ? ['--force'] : []), name],
        'make the volume group complete without the absent disk',
      ),
    ],
    texts: [],
    goal: {
      metadata: {
        ...base,
        pvs: base.pvs.filter((pv) => !absent.has(pv.uuid)),
        lvs: base.lvs.filter((lv) => !removed.has(lv)).map((lv) => (holed.has(lv) ? errorTarget(lv) : lv)),
      },
      absentPvUuids: [],
      mustHold: [],
      // lvm writes a generation for each volume that it takes apart or removes, parts of volumes included.
      seqnoAfter: view.seqnoSeen + 4 + 2 * base.lvs.length,
      regionOfPv,
    },
  };
}

/** As lvm puts it in the place of what is gone: one segment over all of the volume. */
function errorTarget(lv: LvSection): LvSection {
  const [segment] = lv.segments;
  if (segment === undefined) return lv;
  const extentCount = lvSizeExtents(lv);
  const hole = { ...segment, startExtent: 0, extentCount, areaExtents: extentCount, type: 'error' };
  return { ...lv, segments: [{ ...hole, areas: [], dependsOn: [] }] };
}

function absentOf({ view }: Work): string[] {
  return view.members.filter((member) => member.region === null).map((member) => member.section.uuid);
}

/** LVs that are active without being in use are put away first: lvm asks otherwise, and would write beside them. */
function before(work: Work): Step[] {
  const active = work.survey.machine.activeLvs.some((lv) => lv.vgUuid === work.view.ref.uuid);
  return active
    ? [lvm(work, ['vgchange', '-an', work.name], 'no volume may be active while its metadata changes', true)]
    : [];
}

function after(work: Work): Step[] {
  const { targetsGiven, pvCache } = work.survey.machine;
  if (targetsGiven || !pvCache) return [];
  const nodes = Object.values(work.regionOfPv).map((regionId) => ({ nodeOf: regionId }));
  return [lvm(work, ['pvscan', '--cache', ...nodes], "tell lvm's own list of physical volumes", true)];
}

function lvm(work: Work, words: readonly Word[], why: string, liveOnly = false): LvmStep {
  return { kind: 'lvm', words, regionIds: [...new Set(Object.values(work.regionOfPv))], why, liveOnly };
}
