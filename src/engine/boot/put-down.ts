import { volumeGroups } from '../../faults/volume-group/view.ts';
import { lvmArgv } from '../../lvm/command.ts';
import type { Notify, System } from '../ports.ts';
import { survey as readSurvey } from '../survey/survey.ts';

/**
 * Deactivates `vg/lv` again that `bringUp` activated, so that what stands below them can change. One that is in use stays,
 * and whoever looks next sees that.
 */
export async function putDown(names: readonly string[], system: System, notify: Notify): Promise<void> {
  const { boot } = system;
  if (boot === null || names.length === 0) return;
  const read = readSurvey(system.source, notify);
  if (!read.ok) return;
  for (const { ref, members } of volumeGroups(read.value)) {
    const mine = names.filter((name) => name.startsWith(`${ref.name}/`));
    if (mine.length === 0) continue;
    const nodes = members.flatMap(({ region }) => region?.node ?? []);
    const argv = lvmArgv(['lvchange', '-an', ...mine], boot.lvmContext(nodes));
    const why = 'it must not be active while its volume group changes';
    notify({ type: 'command', argv, why, on: 'live' });
    notify({ type: 'ran', run: await system.runner.run(argv), on: 'live' });
  }
  await boot.settle();
}
