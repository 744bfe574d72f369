import type { BootReport, NeedReport } from '../engine/boot/bring-up.ts';
import type { DiagnoseResult, RepairResult, UndoResult } from '../engine/results.ts';
import type { Offer } from './face.ts';

/** Sentences about the boot that lvmedic runs in the middle of. */

export function bootLines({ needs, activated, partial, missingMounts, failures }: BootReport): string[] {
  return [
    ...needs.map(needLine),
    ...activated.map((name) => `Activated: ${name}.`),
    ...partial.map((name) => `Activated with what is there of it: ${name}.`),
    ...missingMounts.map(({ mountPoint, spec, standIn }) =>
      standIn
        ? `${mountPoint} (${spec}) is missing: an empty, read-only folder takes its place for this boot.`
        : `${mountPoint} (${spec}) is missing: the running system will wait for it and may stop. To come up without: rd.lvmedic.policy=degraded`,
    ),
    ...failures.map((each) => `Not activated: ${each}.`),
  ];
}

export function needLine({ name, parameter, state, reason }: NeedReport): string {
  if (state === 'active') return `Boot needs ${name} (${parameter}): it is active.`;
  return `Boot waits for ${name} (${parameter}): ${reason}.`;
}

/** The few lines before the emergency shell opens. */
export function brief(result: DiagnoseResult, waiting: readonly NeedReport[]): string[] {
  const faults = result.findings.filter(
    ({ severity, explainedBy }) => severity !== 'info' && explainedBy === null,
  );
  return [
    '',
    'lvmedic: this machine does not boot because of its LVM.',
    ...waiting.filter(({ required }) => required).map((need) => `  ${needLine(need)}`),
    ...faults.flatMap(({ fault, summary, remedies, declinedReason }) => [
      `  ${fault}: ${summary}.`,
      ...remedies.slice(0, 1).map((remedy) => `    Can be done (${remedy.policy}): ${remedy.title}.`),
      ...(remedies.length === 0 && declinedReason !== null ? [`    ${declinedReason}`] : []),
    ]),
    '',
  ];
}

/** What can be chosen before the shell opens; the first is what Enter takes. */
export function offerChoices(
  {
    canRepair,
    canActivate,
    lacksDisks,
  }: { readonly canRepair: boolean; readonly canActivate: boolean; readonly lacksDisks: boolean },
  timeoutSeconds: number | null,
): Offer {
  const choices = [
    ...(canRepair
      ? [{ id: 'repair', label: 'Repair: rehearsed first; you are asked before anything is written' }]
      : canActivate
        ? [{ id: 'repair', label: 'Activate what is whole, and go on; nothing on the disks changes' }]
        : []),
    ...(lacksDisks
      ? [{ id: 'degraded', label: 'Come up without what is missing; the metadata stays as it is' }]
      : []),
    { id: 'look', label: 'Look closer: evidence, every choice, commands, losses' },
    { id: 'shell', label: 'Shell' },
  ];
  return numbered(choices, timeoutSeconds, (seconds) => `the shell opens in ${seconds} s`);
}

export function continueOffer(timeoutSeconds: number): Offer {
  const choices = [
    { id: 'go-on', label: 'Go on with the boot' },
    { id: 'shell', label: 'Shell: look around first' },
  ];
  return numbered(choices, timeoutSeconds, (seconds) => `boot goes on in ${seconds} s`);
}

function numbered(
  choices: Offer['choices'],
  timeoutSeconds: number | null,
  otherwise: (seconds: number) => string,
): Offer {
  const lines = choices.map(({ label }, index) => `  ${index + 1}) ${label}`);
  const wait = timeoutSeconds === null ? '' : `; ${otherwise(timeoutSeconds)}`;
  return {
    lines,
    choices,
    prompt: `1-${choices.length}, Enter for 1${wait}:`,
    retry: `Please answer with a number from 1 to ${choices.length}.`,
    timeoutSeconds,
  };
}

/** What the running system shows once, with what is left to do there. */
export function bootSummary(result: RepairResult): string[] {
  const { boot, undoRecord, outcome } = result;
  // What lies in memory is copied there when the system is up.
  const back =
    undoRecord?.durability === 'stable' ? undoRecord.path : `/var/lib/lvmedic/undo/${undoRecord?.id}`;
  const faults = result.findings.filter(
    ({ severity, explainedBy }) => severity !== 'info' && explainedBy === null,
  );
  const isHelped = boot !== null && (boot.goesOn || boot.activated.length > 0);
  return [
    isHelped ? 'lvmedic helped this machine to boot.' : 'lvmedic was at work in this boot.',
    '',
    'What was wrong:',
    ...faults.map(({ fault, summary }) => `  ${fault}: ${summary}.`),
    '',
    'What was done:',
    ...(outcome === 'repaired' && result.undoRecord !== null
      ? ['  The metadata was repaired, and read again.']
      : []),
    ...(undoRecord === null
      ? ['  Nothing was written to the disks.']
      : [
          `  The way back is kept: ${back} (it can be played back from a rescue system,`,
          '  and only until the volumes are used further).',
        ]),
    ...(boot?.activated ?? []).map((name) => `  Activated: ${name}.`),
    ...(boot?.partial ?? []).map((name) => `  Activated with what is there of it: ${name}.`),
    ...(boot?.missingMounts ?? []).map(({ mountPoint, spec }) => `  Missing: ${mountPoint} (${spec}).`),
    ...(boot?.failures ?? []).map((each) => `  Not activated: ${each}.`),
    ...result.declined.map(({ fault, reason }) => `  Left as it is: ${fault}: ${reason}`),
    '',
    'To do now:',
    ...((boot?.incompleteGroups.length ?? 0) > 0
      ? [
          `  - attach or restore the missing disk of ${boot?.incompleteGroups.join(', ')}, and run: lvmedic repair`,
        ]
      : []),
    '  - force a full backup of this machine: the next incremental one may rest on the damaged state',
    '  - save the metadata as it is now: vgcfgbackup',
    '  - where lvm keeps a devices file (/etc/lvm/devices/system.devices): vgimportdevices --all',
    '  - make the initramfs anew, it holds old copies: update-initramfs -u -k all, or dracut --force --regenerate-all',
  ];
}

/** In place of what a repair left to be shown, when it was taken back. */
export function undoneSummary({ error, record, devices }: UndoResult): string[] {
  return error === null
    ? [
        'lvmedic repaired in this boot, and the repair was taken back.',
        `  As before it: ${devices.join(', ')}.`,
      ]
    : [
        'lvmedic repaired in this boot, and taking that back STOPPED HALF-WAY:',
        `  ${error}`,
        `  When the disk can be written again: lvmedic undo ${record ?? ''}`,
      ];
}

export const policyUnknown = (text: string): string =>
  `rd.lvmedic.policy=${text} is none of report, safe, degraded, lossy: nothing is done`;
export const NOTHING_FOR_LVMEDIC =
  'lvmedic: no LVM volume that boot waits for is damaged or missing. In the shell: lvmedic diagnose';
export const SHELL_OPENS = 'In the shell that opens now: lvmedic diagnose, lvmedic repair, lvmedic boot.';
export const HOW_TO_GO_ON = 'What boot needs is active. Leave this shell (exit) and boot goes on.';
export const NOT_IN_INITRAMFS = 'This is no initramfs: there is no boot to go on with.';
export const NO_DEVICE_MAPPER =
  'The kernel has no device-mapper, so nothing can be activated: modprobe dm_mod';
export const BOOT_NEEDS_NOTHING = 'The kernel command line names no logical volume.';
