import { EXIT } from '../exit-codes.ts';
import { HOW_TO_GO_ON } from '../faces/boot-wording.ts';
import { NEEDS_ROOT, needsTerminal } from '../faces/wording.ts';
import type { Command } from './command.ts';
import { runRepair } from './repairing.ts';

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
                                            a remedy that a person has chosen from diagnose; where several volume
                                            groups have that name, --vg takes the UUID of the one that is meant
`,
  options: ['unattended', 'policy', 'remedy', 'vg', 'dry-run'],
  async run({ face, open, lock, operands, options, isRoot }) {
    const fail = (message: string, status: number): number => {
      face.error(message, status);
      return status;
    };
    const asks = !options.unattended && !options.dryRun;
    const { questions } = face;
    if (asks && questions === null) return fail(needsTerminal('repair'), EXIT.usage);
    if (!isRoot && !options.dryRun) return fail(NEEDS_ROOT, EXIT.operationalError);
    const opened = await open(operands);
    if (!opened.ok) return fail(opened.error, EXIT.operationalError);
    const system = opened.value;
    const held = options.dryRun ? null : lock();
    if (held?.ok === false) return fail(held.error, EXIT.operationalError);
    try {
      const { remedy, vg, dryRun } = options;
      const done = await runRepair({ face }, system, {
        permission: {
          policy: options.policy ?? 'safe',
          remedy: remedy !== null && vg !== null ? { id: remedy, vg } : null,
        },
        dryRun,
        questions: asks ? questions : null,
        showDiagnosis: true,
      });
      if (!done.ok) return fail(done.error, EXIT.operationalError);
      const result = done.value;
      if (result.boot?.goesOn) face.say([HOW_TO_GO_ON]);
      face.result(result);
      return result.exitStatus;
    } finally {
      if (held?.ok) held.value.release();
    }
  },
};
