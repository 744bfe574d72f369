import { awaited } from '../../engine/boot/bring-up.ts';
import { isFault } from '../../engine/diagnose.ts';
import { type Glance, glanceAt, type VolumeGlance } from '../../engine/glance.ts';
import { findingsOf } from '../../session/session.ts';
import type { Look } from '../../session/state.ts';
import { needLine } from '../boot-wording.ts';
import { notLookedAt } from '../wording.ts';
import { numbersOf, toldLine } from './finding-page.ts';
import { type Block, EMPTY, leaf, line, paragraph, type TreeNode } from './page.ts';
import * as words from './wording.ts';

/** What is wrong, and the disks, volume groups and volumes as trees. */
export function machineBlocks(look: Look): readonly Block[] {
  const { survey, findings } = look.known;
  const told = findingsOf(look);
  const faults = told.filter(isFault);
  const runs = [
    ...(look.recovered === null ? [] : [line(words.recoveredRun(look.recovered), 'good')]),
    ...(look.interrupted === null ? [] : [line(words.interruptedRun(look.interrupted), 'bad')]),
  ];
  const waiting = survey.machine.inInitramfs ? awaited(survey) : [];
  const isLost = look.choices.length === 0 && findings.some(isFault);
  return [
    ...(runs.length > 0 ? [paragraph(...runs)] : []),
    told.length === 0
      ? paragraph(line(words.ALL_WELL, 'good'))
      : paragraph(
          ...(faults.length > 0 ? [line(words.stillWrong(faults.length), 'heading')] : []),
          ...told.map((finding, index) => toldLine(finding, index)),
        ),
    ...(waiting.length > 0 ? [paragraph(...waiting.map((need) => line(needLine(need), 'warning')))] : []),
    ...(isLost ? [paragraph(line(words.NO_CHOICE, 'warning'))] : []),
    EMPTY,
    ...trees(glanceAt(look.known), (ids) => numbersOf(ids, look)),
    ...(survey.unread.length > 0
      ? [paragraph(...survey.unread.map((each) => line(notLookedAt(each), 'warning')))]
      : []),
  ];
}

function trees(glance: Glance, numbers: (ids: readonly string[]) => number[]): Block[] {
  const marked = (text: string, ids: readonly string[]): TreeNode => {
    const found = numbers(ids);
    return leaf(`${text}${words.mark(found)}`, found.length > 0 ? 'bad' : 'normal');
  };
  const disks = glance.disks.map(({ path, sizeBytes, parts }): TreeNode => {
    const [only] = parts;
    if (only?.isWholeDisk) return marked(words.partText(path, sizeBytes, only), only.findingIds);
    return {
      ...leaf(words.diskText(path, sizeBytes)),
      children: parts.map((part) => marked(words.partText(part.name, part.sizeBytes, part), part.findingIds)),
    };
  });
  const groups = glance.groups.map((group) => ({
    ...marked(words.groupText(group.name, group.generation), group.findingIds),
    children: [
      ...group.physicalVolumes
        .filter(({ place }) => place === null)
        .map((pv) => marked(words.physicalVolumeText(pv), pv.findingIds)),
      ...group.volumes.map(volumeNode),
    ],
  }));
  return [
    { kind: 'tree', heading: disks.length === 0 ? words.NO_DISKS : '', nodes: disks },
    { kind: 'tree', heading: '', nodes: groups },
  ];
}

/** A volume as it stands now. */
export function volumeNode(volume: VolumeGlance): TreeNode {
  const isBad = volume.state === 'held-back' || volume.state === 'incomplete';
  return leaf(words.volumeText(volume), isBad ? 'bad' : 'normal');
}
