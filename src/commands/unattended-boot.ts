import type { BootEnvironment } from '../engine/ports.ts';
import { EXIT } from '../exit-codes.ts';
import { policyUnknown } from '../faces/boot-wording.ts';
import type { Policy } from '../model/finding.ts';
import { lastValue } from '../model/kernel-command-line.ts';
import { err, ok, type Result } from '../model/result.ts';
import type { Context, OpenSystem } from './command.ts';
import { isPolicy } from './options.ts';
import { runRepair } from './repairing.ts';

export type BootingSystem = OpenSystem & { readonly boot: BootEnvironment };

/** `rd.lvmedic=auto`: repairs what `rd.lvmedic.policy` allows, activates what boot needs, and lets boot go on. */
export async function unattendedBoot(context: Context, system: BootingSystem): Promise<number> {
  const { face } = context;
  const policy = bootPolicy(context, system);
  if (!policy.ok) {
    face.error(policy.error, EXIT.usage);
    return EXIT.usage;
  }
  const done = await runRepair(context, system, {
    permission: { policy: policy.value, remedy: null },
    dryRun: false,
    questions: null,
    showDiagnosis: true,
  });
  if (!done.ok) {
    face.error(done.error, EXIT.operationalError);
    return EXIT.operationalError;
  }
  const result = done.value;
  if (result.boot?.goesOn) system.boot.goOn();
  face.result(result);
  return result.exitStatus;
}

/** What the command line of lvmedic, else that of the kernel allows. */
export function bootPolicy(
  { options }: Pick<Context, 'options'>,
  system: BootingSystem,
): Result<Policy, string> {
  if (options.policy !== null) return ok(options.policy);
  const wanted = lastValue(system.boot.kernelCommandLine, 'rd.lvmedic.policy') ?? 'safe';
  return isPolicy(wanted) ? ok(wanted) : err(policyUnknown(wanted));
}
