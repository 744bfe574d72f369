import type { Progress } from '../engine/ports.ts';
import type { PlanRehearsal } from '../engine/rehearse.ts';
import type {
  DiagnoseResult,
  FindingResult,
  RemedyResult,
  RepairResult,
  StepResult,
  UndoResult,
} from '../engine/results.ts';
import type { DescribedRecord } from '../engine/undo/record.ts';
import type { RecordSummary } from '../engine/undo/undo.ts';
import { shellLine } from '../model/escape.ts';
import type { Evidence } from '../model/finding.ts';
import type { VgPlan } from '../model/plan.ts';
import { formatBytes } from '../model/units.ts';

/** Every sentence that is shown to people, but for what a fault says of itself. */

export function phaseLine({ phase, detail }: Progress & { type: 'phase' }): string {
  switch (phase) {
    case 'survey':
      return 'Looking at the disks (reading only) ...';
    case 'rehearse':
      return `Rehearsing the repair of ${detail} on copies of the metadata ...`;
    case 'save-undo':
      return 'Saving the way back ...';
    case 'apply':
      return `Repairing ${detail} ...`;
    case 'verify':
      return 'Reading the disks again to verify ...';
    case 'roll-back':
      return `Putting every byte back (${detail}) ...`;
    case 'undo':
      return `Playing undo record ${detail} back ...`;
  }
}

export function progressLine({ done, total }: Progress & { type: 'progress' }): string {
  return `  ${Math.round((done / total) * 100)}%`;
}

export function commandLines({ argv, why }: Progress & { type: 'command' }): string[] {
  return [`  $ ${shellLine(argv)}`, `    # ${why}`];
}

export function writeLines({
  device,
  offsetBytes,
  lengthBytes,
  why,
}: Progress & { type: 'write' }): string[] {
  return [`  write ${lengthBytes} bytes to ${device} at byte ${offsetBytes}`, `    # ${why}`];
}

export function diagnosis(
  result: DiagnoseResult,
  look: readonly string[] | null,
  isImages: boolean,
): string[] {
  const faults = result.findings.filter((finding) => finding.explainedBy === null);
  const groups = result.volumeGroups.map(
    (vg) => `${vg.name} ${vg.healthy ? 'is in order' : 'is NOT in order'}`,
  );
  const head =
    groups.length === 0 ? 'No LVM volume group was found.' : `Volume groups: ${groups.join(', ')}.`;
  const unread = result.unread.map(notLookedAt);
  if (result.findings.length === 0) {
    return [head, ...unread, NOTHING_WRONG];
  }
  return [
    head,
    ...unread,
    ...faults.flatMap((finding, index) => ['', ...findingLines(finding, index + 1, result)]),
    '',
    ...(isImages
      ? [
          'lvm takes devices, not image files: attach them (losetup --find --show FILE) to type these commands.',
        ]
      : []),
    ...(look === null ? [] : ['To look at it with lvm itself, without writing:', `  $ ${shellLine(look)}`]),
    'More about a fault: lvmedic explain FAULT',
  ];
}

function findingLines(finding: FindingResult, number: number, result: DiagnoseResult): string[] {
  const consequences = result.findings.filter((other) => other.explainedBy === finding.id);
  return [
    `${number}. ${finding.fault}: ${finding.summary}.`,
    ...finding.evidence.map((each) => `   evidence: ${evidenceLine(each)}`),
    ...consequences.map((other) => `   it also explains: ${other.summary}`),
    ...(finding.declinedReason === null ? [] : [`   ${notByItself(finding.declinedReason)}`]),
    ...finding.remedies.flatMap((remedy) => remedyLines(remedy)),
  ];
}

function remedyLines(remedy: RemedyResult): string[] {
  return [
    `   remedy "${remedy.id}" (${policyWord(remedy.policy)}): ${remedy.title}`,
    ...remedy.caveats.map((caveat) => `     but: ${caveat}`),
    ...(remedy.losses.length === 0
      ? ['     loses: nothing']
      : remedy.losses.map((loss) => `     loses: ${loss}`)),
    `     ${howRehearsed(remedy)}`,
    ...remedy.steps.flatMap((step) => stepLines(step).map((line) => `     ${line}`)),
  ];
}

function howRehearsed({ rehearsal }: RemedyResult): string {
  switch (rehearsal?.kind) {
    case 'replica':
      return 'rehearsed on copies of the metadata: it works';
    case 'model':
      return "rehearsed on lvmedic's own model only: it should work";
    default:
      return 'not rehearsed yet: lvmedic repair --dry-run does that';
  }
}

function policyWord(policy: RemedyResult['policy']): string {
  switch (policy) {
    case 'safe':
      return 'safe: every volume is whole afterwards';
    case 'ask':
      return 'ask: a person must decide';
    case 'lossy':
      return 'lossy: something is given up';
    default:
      return policy;
  }
}

export function stepLines(step: StepResult): string[] {
  if ('argv' in step) return [`$ ${shellLine(step.argv)}`, `  # ${step.why}`];
  const { device, offsetBytes, lengthBytes } = step.write;
  return [`write ${lengthBytes} bytes to ${device} at byte ${offsetBytes}`, `  # ${step.why}`];
}

export function evidenceLine({ device, partition, offsetBytes, found, expected }: Evidence): string {
  const where = `${device}${partition === null ? '' : ` (partition ${partition})`}`;
  return `${where}, byte ${offsetBytes}: found ${found}; expected ${expected}`;
}

export function rehearsalLines({ plan, rehearsal }: PlanRehearsal): string[] {
  const how =
    rehearsal.kind === 'replica'
      ? 'Rehearsed with the same commands on copies of the metadata'
      : `Rehearsed on lvmedic's own model only (${rehearsal.notReplica})`;
  if (rehearsal.plan === null)
    return [`${how}: it did NOT work.`, ...rehearsal.failures.map((each) => `  ${each}`)];
  const volumes = rehearsal.volumes.map((lv) => `${lv.name} ${formatBytes(lv.sizeBytes)}`).join(', ');
  return [`${how}: it works. ${plan.volumeGroup.name} would hold ${volumes || 'no volume'}, whole.`];
}

export const lossLines = (losses: readonly string[]): string[] =>
  losses.length === 0 ? ['Nothing is lost.'] : losses.map((loss) => `Lost: ${loss}.`);
export const caveatLines = (caveats: readonly string[]): string[] =>
  caveats.map((caveat) => `But: ${caveat}.`);

export const toDo = ({ volumeGroup, title }: VgPlan): string => `To do in ${volumeGroup.name}: ${title}.`;

export const wayBackLine = (durability: 'stable' | 'volatile', folder: string): string =>
  durability === 'stable'
    ? `Before anything is written, the way back will be kept in ${folder}.`
    : 'Before anything is written, the way back will be kept in memory: it lasts until power-off.';

export const notLookedAt = ({ path, message }: DiagnoseResult['unread'][number]): string =>
  `Not looked at: ${path} ${message}.`;
export const notByItself = (reason: string): string =>
  `Not repaired by itself: ${reason.replace(/\.?$/, '.')}`;

export const confirmRepair = (vg: string): string => `Repair ${vg} now?`;
/** `devices`: under their names of today. */
export function confirmUndo(
  { id, kind, volumeGroups }: Pick<DescribedRecord, 'id' | 'kind' | 'volumeGroups'>,
  devices: readonly string[],
): string {
  const what = kind === 'undo' ? 'which takes back an undo' : 'which takes back a repair';
  const names = volumeGroups.map(({ name }) => name).join(', ');
  return `Play undo record ${id} back, ${what} of ${names} on ${devices.join(', ')}?`;
}

export function repairSummary(result: RepairResult): string[] {
  const undo = result.undoRecord && `To undo it, byte for byte: lvmedic undo ${result.undoRecord.id}`;
  const declined = result.declined.map(({ fault, reason }) => `  ${fault}: ${reason}`);
  return ['', ...outcomeLines(result), ...(undo && result.outcome === 'repaired' ? [undo] : []), ...declined];
}

function outcomeLines(result: RepairResult): string[] {
  const failures = result.failures.map((each) => `  ${each}`);
  const unchanged = `Nothing ${result.recovered.length > 0 ? 'else ' : ''}was changed`;
  switch (result.outcome) {
    case 'healthy':
      return ['Nothing to repair.'];
    case 'repaired':
      return [
        result.undoRecord === null
          ? 'Nothing on the disks had to be changed.'
          : 'Repaired and verified: every metadata area was read again and holds the same text.',
        ...result.failures.map((each) => `But: ${each}.`),
        ...(result.declined.length > 0 ? ['Left as it was:'] : []),
      ];
    case 'declined':
      return result.dryRun && result.rehearsal?.passed
        ? [
            'Nothing was changed: this was a dry run.',
            ...(result.declined.length > 0 ? ['Not repaired:'] : []),
          ]
        : [`${unchanged}. Not repaired:`];
    case 'undone':
      return ['The repair failed and was undone: the disks are as they were before it.', ...failures];
    case 'cancelled':
      return [
        result.undoRecord
          ? 'Stopped on request: the disks are as they were before.'
          : `Not done, as you wished. ${unchanged}.`,
        ...failures,
      ];
    case 'failed':
      return result.exitStatus >= 64
        ? [
            'STOPPED HALF-WAY: the repair failed and could not be undone completely.',
            ...failures,
            `The bytes as they were are in ${result.undoRecord?.path}. When the disk can be written again: lvmedic undo ${result.undoRecord?.id}`,
          ]
        : [`The repair was not begun. ${unchanged}.`, ...failures];
  }
}

export function undoSummary(result: UndoResult): string[] {
  if (result.error !== null) return [`Not undone: ${result.error}`];
  const again =
    result.undoRecord === null ? [] : [`To take this undo back: lvmedic undo ${result.undoRecord}`];
  return [
    `Undone: ${result.devices.join(', ') || 'the disks'} as before (${formatBytes(result.restoredBytes)} written back, every byte read again).`,
    ...again,
  ];
}

export function recordList(records: readonly RecordSummary[]): string[] {
  if (records.length === 0) return ['There is no undo record.'];
  return records.map(
    (each) =>
      `${each.id}  ${each.kind}  ${each.state}  ${each.volumeGroups.join(', ')}  ${each.devices.join(', ')}`,
  );
}

export const needsTerminal = (command: string): string =>
  `answering questions needs a terminal, and there is none. Without questions: lvmedic ${command} --unattended`;
export const NOTHING_WRONG = 'Nothing wrong was found in the LVM metadata of the disks that were read.';
export const NEEDS_ROOT =
  'writing to disks, and attaching images for lvm, needs root. diagnose and repair --dry-run work without';
export const STOPPING = 'Stopping: the step in progress is finished first, then everything goes back.';
