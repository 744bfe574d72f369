import { type GroupGlance, glanceAt, groupAfter, type VolumeGlance } from '../../engine/glance.ts';
import type { PlanRehearsal } from '../../engine/rehearse.ts';
import { remedyResult, type StepResult } from '../../engine/results.ts';
import type { VgPlan } from '../../model/plan.ts';
import {
  type Act,
  type Choice,
  hasPassed,
  type Look,
  policyOf,
  type Shown,
  type State,
} from '../../session/state.ts';
import { caveatLines, lossLines, rehearsalLines, stepLines, toDo, wayBackLine } from '../wording.ts';
import { numbersOf } from './finding-page.ts';
import { volumeNode } from './machine-page.ts';
import { type Block, EMPTY, type Line, leaf, line, paragraph, type TreeNode, textBlock } from './page.ts';
import * as words from './wording.ts';

/** What there is to know of a choice before it is taken. */
export function detailsOf(act: Act, state: State): readonly Block[] {
  if (act.kind !== 'choose' || !('look' in state)) return [];
  const { choice } = act;
  if (choice.kind !== 'repair') {
    const commands = words.choiceCommands(choice).map((text) => line(text, 'command'));
    return [
      ...choiceBlocks(choice, state.look),
      ...(commands.length > 0 ? [paragraph(line(words.COMMANDS, 'heading'), ...commands)] : []),
    ];
  }
  const remedies = choice.plans.map((plan) =>
    remedyResult(plan, state.look.known.survey, state.look.known.tried),
  );
  const risk = line(words.riskOf(policyOf(choice)), policyOf(choice) === 'safe' ? 'good' : 'warning');
  return [
    paragraph(risk, ...remedies.flatMap(costLines)),
    paragraph(
      line(words.COMMANDS, 'heading'),
      ...remedies.flatMap(({ steps }) => steps.flatMap(commandLines)),
    ),
  ];
}

function choiceBlocks(choice: Exclude<Choice, { kind: 'repair' }>, look: Look): Block[] {
  return [textBlock(words.choiceSentences(choice, look))];
}

/** What is lost comes first: it is what must not be missed. */
const costLines = ({ losses, caveats }: Pick<VgPlan, 'losses' | 'caveats'>): Line[] => [
  ...lossLines(losses).map((text) => line(text, losses.length === 0 ? 'good' : 'bad')),
  ...caveatLines(caveats).map((text) => line(text, 'warning')),
];

function commandLines(step: StepResult): Line[] {
  const [command = '', ...why] = stepLines(step);
  return [line(command, 'command'), ...why.map((text) => line(text, 'quiet'))];
}

/** How the rehearsal of every plan ended. */
export function rehearsedBlocks({ rehearsed, look }: Extract<Shown, { kind: 'rehearsed' }>): Block[] {
  return [
    ...rehearsed.rehearsals.flatMap((each) => rehearsalBlocks(each, look)),
    ...(hasPassed(rehearsed) ? [] : [paragraph(line(words.FAILED_REHEARSAL, 'bad'))]),
  ];
}

function rehearsalBlocks(rehearsed: PlanRehearsal, look: Look): Block[] {
  const { plan, rehearsal } = rehearsed;
  const { survey } = look.known;
  const before = glanceAt(look.known).groups.find(({ uuid }) => uuid === plan.volumeGroup.uuid);
  const after = groupAfter(plan, survey, rehearsal.generation);
  const [verdict = '', ...failures] = rehearsalLines(rehearsed);
  const hasWorked = rehearsal.plan !== null;
  return [
    paragraph(line(verdict, hasWorked ? 'good' : 'bad'), ...failures.map((text) => line(text, 'bad'))),
    ...(hasWorked ? [besides(before, after, look)] : []),
  ];
}

function besides(before: GroupGlance | undefined, after: GroupGlance, look: Look): Block {
  const physicalVolume = (pv: GroupGlance['physicalVolumes'][number]) => {
    const numbers = numbersOf(pv.findingIds, look);
    const isBad = numbers.length > 0 || pv.place === null;
    return leaf(`${words.physicalVolumeText(pv)}${words.mark(numbers)}`, isBad ? 'bad' : 'normal');
  };
  const had = new Set(before?.volumes.map(({ name }) => name));
  return {
    kind: 'beside',
    left: {
      heading: words.BEFORE,
      nodes: before === undefined ? [] : [groupNode(before, physicalVolume, volumeNode)],
    },
    right: {
      heading: words.AFTER,
      nodes: [
        groupNode(after, physicalVolume, (volume) =>
          leaf(words.afterText(volume, had.has(volume.name)), volume.state === 'incomplete' ? 'bad' : 'good'),
        ),
      ],
    },
  };
}

function groupNode(
  group: GroupGlance,
  physicalVolume: (pv: GroupGlance['physicalVolumes'][number]) => TreeNode,
  volume: (volume: VolumeGlance) => TreeNode,
): TreeNode {
  return {
    ...leaf(words.groupText(group.name, group.generation)),
    children: [...group.physicalVolumes.map(physicalVolume), ...group.volumes.map(volume)],
  };
}

/** What will be done, and lost, and where the way back is kept. */
export function confirmBlocks(choice: Choice, look: Look): readonly Block[] {
  if (choice.kind !== 'repair') return choiceBlocks(choice, look);
  const { folder, durability } = look.wayBack;
  return [
    ...choice.plans.map((plan) => paragraph(line(toDo(plan)), ...costLines(plan))),
    paragraph(line(wayBackLine(durability, folder), durability === 'stable' ? 'normal' : 'warning')),
    EMPTY,
    paragraph(line(words.WHAT_HAPPENS, 'quiet')),
  ];
}
