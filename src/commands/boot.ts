import { type BootReport, bootState, bringUp } from '../engine/boot/bring-up.ts';
import { survey } from '../engine/survey/survey.ts';
import { EXIT } from '../exit-codes.ts';
import {
  BOOT_NEEDS_NOTHING,
  bootLines,
  HOW_TO_GO_ON,
  NO_DEVICE_MAPPER,
  NOT_IN_INITRAMFS,
} from '../faces/boot-wording.ts';
import type { Command, Context, OpenSystem } from './command.ts';
import { offer } from './offer.ts';
import { bootPolicy, unattendedBoot } from './unattended-boot.ts';

export const bootCommand: Command = {
  name: 'boot',
  operands: '',
  summary: 'Says what this machine boots and waits for, and lets the boot go on',
  help: `
In an initramfs it activates the volumes that boot needs (nothing on the disks changes), and leaves word that boot shall
go on: leave the shell, and it does. --ask and --auto are how the initramfs itself runs it.

  lvmedic boot --dry-run   only say what boot waits for
  lvmedic boot             activate that, and go on
`,
  options: ['dry-run', 'policy', 'ask', 'auto'],
  async run(context) {
    const { face, open, lock, operands, options } = context;
    const fail = (message: string, status: number): number => {
      face.error(message, status);
      return status;
    };
    if (operands.length > 0) return fail('boot is about this machine: it takes no TARGET', EXIT.usage);
    const opened = await open([]);
    if (!opened.ok) return fail(opened.error, EXIT.operationalError);
    if (options.dryRun || opened.value.boot === null) return look(context, opened.value);
    const held = lock();
    if (!held.ok) return fail(held.error, EXIT.operationalError);
    try {
      const system = { ...opened.value, boot: opened.value.boot };
      if (options.hook === 'ask') return await offer(context, system);
      if (options.hook === 'auto') return await unattendedBoot(context, system);
      const policy = bootPolicy(context, system);
      if (!policy.ok) return fail(policy.error, EXIT.usage);
      const report = await bringUp(system, policy.value, face.notify);
      face.say(bootLines(report));
      if (report.goesOn) {
        system.boot.goOn();
        face.say([HOW_TO_GO_ON]);
      }
      return tell(face, report);
    } finally {
      held.value.release();
    }
  },
};

/** What boot waits for, without touching any of it. */
function look({ face }: Context, system: OpenSystem): number {
  const read = survey(system.source, face.notify);
  if (!read.ok) {
    face.error(`${read.error.path} ${read.error.message}`, EXIT.operationalError);
    return EXIT.operationalError;
  }
  const state = bootState(read.value);
  face.say([
    ...(state.needs.length === 0 ? [BOOT_NEEDS_NOTHING] : bootLines(state)),
    ...(system.boot !== null ? [] : [read.value.machine.inInitramfs ? NO_DEVICE_MAPPER : NOT_IN_INITRAMFS]),
  ]);
  return tell(face, state);
}

function tell(face: Context['face'], report: BootReport): number {
  const waits = report.needs.some((need) => need.required && need.state !== 'active');
  const exitStatus = waits ? EXIT.faultsLeft : EXIT.nothingWrong;
  face.result({ type: 'result', schemaVersion: 1, command: 'boot', exitStatus, ...report });
  return exitStatus;
}
