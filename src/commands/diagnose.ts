import { look } from '../engine/look.ts';
import { diagnoseResult } from '../engine/results.ts';
import { tryOut } from '../engine/try-out.ts';
import { EXIT } from '../exit-codes.ts';
import { Cancelled } from '../faces/prompts/cancelled.ts';
import { diagnosis } from '../faces/wording.ts';
import { readOnlyArgv } from '../lvm/command.ts';
import { allRegions, type Survey } from '../model/survey.ts';
import type { Command } from './command.ts';

export const diagnoseCommand: Command = {
  name: 'diagnose',
  operands: '[TARGET...]',
  summary: 'Says what is wrong, how it knows, and what can be done',
  help: `
It opens everything read-only. lvm is run on copies of the metadata alone: to rehearse what is offered.

  lvmedic diagnose                      all disks of this machine
  lvmedic diagnose disk1.img disk2.img  raw images; root is not needed
  lvmedic diagnose --json /dev/sda      for scripts
`,
  options: [],
  async run({ face, open, operands, stop }) {
    const system = await open(operands);
    if (!system.ok) {
      face.error(system.error, EXIT.operationalError);
      return EXIT.operationalError;
    }
    const looked = look(system.value, face.notify);
    if (!looked.ok) {
      face.error(looked.error, EXIT.operationalError);
      return EXIT.operationalError;
    }
    // Until here Ctrl-C ends it at once, also where a disk hangs; copies and what holds them are put away first.
    stop.watch();
    const known = await tryOut(looked.value, system.value, face.notify);
    if (stop.requested) throw new Cancelled(true);
    const { survey } = known;
    const result = diagnoseResult(known);
    face.say(diagnosis(result, firstLook(survey), hasImages(survey)));
    face.result(result);
    return result.exitStatus;
  },
};

/** A look with lvm's own eyes that cannot write on any version; null where it could see nothing. */
export function firstLook(survey: Survey): readonly string[] | null {
  const { machine } = survey;
  const nodes = allRegions(survey).flatMap((region) => region.node ?? []);
  if (machine.lvm === null || nodes.length === 0) return null;
  const { path: lvmPath, version } = machine.lvm;
  const context = {
    lvmPath,
    version,
    nodes,
    deviceMapper: machine.deviceMapper,
    keepsBackups: false,
    lockDir: null,
  };
  return readOnlyArgv(['pvs', '-o', '+pv_uuid,vg_seqno'], { ...context, withoutLocks: false });
}

export function hasImages({ disks }: Survey): boolean {
  return disks.some((disk) => disk.kind === 'image');
}
