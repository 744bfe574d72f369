import type { Survey } from '../../model/survey.ts';
import type { RecordContent } from './record.ts';

/** Volumes of a record's groups that keep its bytes from going back, as sentences. */
export function volumesInUse({ volumeGroups }: RecordContent, { machine }: Survey): string[] {
  return volumeGroups.flatMap(({ name, uuid }) =>
    machine.activeLvs
      .filter((lv) => lv.vgUuid === uuid)
      .map((lv) =>
        lv.open
          ? `${lv.name} is open (${lv.heldBy ?? 'in use'})`
          : `${lv.name} is active: run lvm vgchange -an ${name} first`,
      ),
  );
}
