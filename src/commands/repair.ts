import { repair } from '../engine/repair.ts';
import { diagnoseResult, repairResult } from '../engine/results.ts';
import { EXIT } from '../exit-codes.ts';
import {
  confirmRepair,
  diagnosis,
  NEEDS_ROOT,
  needsTerminal,
  question,
  rehearsalLines,
  repairSummary,
} from '../faces/wording.ts';
import type { Command } from './command.ts';
import { firstLook, hasImages } from './diagnose.ts';

export const repairCommand: Command = {
  name: 'repair',
  operands: '[TARGET...]',
  summary: 'Repairs, after a rehearsal, with a way back',
  help: `
On a terminal it asks before it writes. Nothing is written before the repair has worked on copies of the metadata and
every byte that it may change is saved. If anything goes wrong, the bytes are put back.

  lvmedic repair                            ask, then repair
  lvmedic repair --dry-run                  show every command with its reason; change nothing
  lvmedic repair --unattended               ask nothing, do what is safe
  lvmedic repair --unattended disk1.img disk2.img
  lvmedic repair --unattended --remedy keep-side-1f2e3d4c --vg vg0
                                            a remedy that a person has chosen from diagnose
`,
  options: ['unattended', 'policy', 'remedy', 'vg', 'dry-run'],
  async run({ face, open, lock, operands, options, isRoot }) {
    const fail = (message: string, status: number): number => {
      face.error(message, status);
      return status;
    };
    const asks = !options.unattended && !options.dryRun;
    const { confirm } = face;
    if (asks && confirm === null) return fail(needsTerminal('repair'), EXIT.usage);
    if (!isRoot && !options.dryRun) return fail(NEEDS_ROOT, EXIT.operationalError);
    const opened = await open(operands);
    if (!opened.ok) return fail(opened.error, EXIT.operationalError);
    const system = opened.value;
    const held = options.dryRun ? null : lock();
    if (held?.ok === false) return fail(held.error, EXIT.operationalError);
    try {
      const { policy, remedy, vg } = options;
      const report = await repair(
        system,
        {
          permission: { policy, remedy: remedy !== null && vg !== null ? { id: remedy, vg } : null },
          dryRun: options.dryRun,
          onPlans: ({ survey, findings, prospects }) =>
            face.say(
              diagnosis(diagnoseResult(survey, findings, prospects), firstLook(survey), hasImages(survey)),
            ),
          onRehearsed: (plan, rehearsal) => face.say(rehearsalLines(plan, rehearsal)),
          confirm:
            asks && confirm !== null
              ? (plan) => {
                  face.say(['', ...question(plan, system.records.durability, system.stateDir)]);
                  return confirm(confirmRepair(plan.volumeGroup.name));
                }
              : null,
        },
        face.notify,
      );
      if (!report.ok) return fail(report.error, EXIT.operationalError);
      const { folder, durability } = system.records;
      const result = repairResult(report.value, options.dryRun, { folder, durability });
      face.say(repairSummary(result));
      face.result(result);
      return result.exitStatus;
    } finally {
      if (held?.ok) held.value.release();
    }
  },
};
