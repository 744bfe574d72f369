import { labelledUuid } from '../../faults/volume-group/pieces.ts';
import { volumeGroups } from '../../faults/volume-group/view.ts';
import { type BlockReader, slice } from '../../model/block-reader.ts';
import { isVisible, placeOf } from '../../model/extents.ts';
import { type LvFilesystem, type Region, type Survey, standaloneRegions } from '../../model/survey.ts';
import { readSignatures } from '../../ondisk/superblocks/read-signatures.ts';

/** More LVs than this are not looked at: boot names one of the first, or none of them. */
const MAX_LVS = 256;

/** The superblock at the start of each visible LV whose first extent stands on a disk that is there. */
export function lvFilesystems(
  survey: Survey,
  readerOf: (region: Region) => BlockReader | undefined,
): LvFilesystem[] {
  return volumeGroups(survey).flatMap((view) => {
    const { metadata } = view.base;
    return metadata.lvs
      .filter(isVisible)
      .slice(0, MAX_LVS)
      .flatMap((lv): LvFilesystem[] => {
        const start = placeOf(lv, 0, metadata);
        const pvUuid = metadata.pvs.find((pv) => pv.name === start?.pvName)?.uuid;
        const region = standaloneRegions(survey).find((each) => labelledUuid(each) === pvUuid);
        const reader = region && readerOf(region);
        if (start === null || pvUuid === undefined || reader === undefined) return [];
        const { signatures } = readSignatures(slice(reader, start.offsetBytes, reader.sizeBytes));
        const [found] = signatures.filter((each) => each.uuid !== null || each.label !== null);
        if (found === undefined) return [];
        const { type, uuid, label } = found;
        return [{ vg: view.ref.name, lv: lv.name, type, uuid, label }];
      });
  });
}
