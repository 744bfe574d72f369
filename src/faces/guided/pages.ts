import { awaited } from '../../engine/boot/bring-up.ts';
import { isFault } from '../../engine/diagnose.ts';
import {
  type Glance,
  type GroupGlance,
  glanceAt,
  groupAfter,
  type VolumeGlance,
} from '../../engine/glance.ts';
import type { PlanRehearsal } from '../../engine/repair.ts';
import { remedyResult, type StepResult } from '../../engine/results.ts';
import { faultCalled } from '../../faults/catalogue.ts';
import { sectionOf } from '../../faults/manual.ts';
import type { Finding } from '../../model/finding.ts';
import type { VgPlan } from '../../model/plan.ts';
import { actsIn, findingsOf } from '../../session/session.ts';
import {
  type Act,
  type Choice,
  hasPassed,
  type Look,
  policyOf,
  type Shown,
  type State,
  wordToType,
} from '../../session/state.ts';
import { bootLines, needLine } from '../boot-wording.ts';
import {
  caveatLines,
  evidenceLine,
  lossLines,
  notByItself,
  notLookedAt,
  rehearsalLines,
  repairSummary,
  stepLines,
  toDo,
  undoSummary,
  wayBackLine,
} from '../wording.ts';
import {
  type Block,
  EMPTY,
  type Item,
  type Key,
  type Line,
  leaf,
  line,
  type Page,
  paragraph,
  type TreeNode,
} from './page.ts';
import * as words from './wording.ts';

const LETTERS: Readonly<Partial<Record<Act['kind'], string>>> = {
  back: 'b',
  log: 'l',
  help: '?',
  leave: 'q',
};

/** What a state shows. `log`: the lines of what happened so far. Pure. */
export function pageOf(state: State, log: readonly string[]): Page {
  const acts = actsIn(state);
  const menu = acts.filter(({ kind }) => LETTERS[kind] === undefined && kind !== 'yes');
  return {
    title: words.titleOf(state),
    blocks: blocksOf(state, log),
    menu: menu.map((act): Item => ({ act, label: words.labelOf(act), details: detailsOf(act, state) })),
    keys: acts.flatMap((act): Key[] => {
      const key = LETTERS[act.kind];
      return key === undefined ? [] : [{ key, act, label: words.labelOf(act) }];
    }),
    question: questionOf(state),
  };
}

function questionOf(state: State): Page['question'] {
  if (state.kind === 'confirm-undo') return { kind: 'yes', text: words.undoQuestion };
  if (state.kind !== 'confirm') return null;
  const word = wordToType(state.choice);
  return { kind: word === null ? 'yes' : 'word', text: words.questionText(state.choice, word) };
}

function blocksOf(state: State, log: readonly string[]): readonly Block[] {
  switch (state.kind) {
    case 'left':
      return [];
    case 'working':
      return [textBlock(log.slice(-WORKING_LINES))];
    case 'help':
      return [textBlock(words.HELP)];
    case 'log':
      return [textBlock(log.length === 0 ? [words.EMPTY_LOG] : log)];
    default:
      return shownBlocks(state);
  }
}

const WORKING_LINES = 14;

const textBlock = (lines: readonly string[]): Block => paragraph(...lines.map((text) => line(text)));

function shownBlocks(state: Shown): readonly Block[] {
  switch (state.kind) {
    case 'machine':
      return machineBlocks(state.look);
    case 'finding':
      return findingBlocks(state.look, state.index);
    case 'choices':
      return [paragraph(line(words.NOT_UNTIL_YES, 'quiet'))];
    case 'rehearsed': {
      const { rehearsals } = state.rehearsed;
      return [
        ...rehearsals.flatMap((each) => rehearsalBlocks(each, state.look)),
        ...(hasPassed(state.rehearsed) ? [] : [paragraph(line(words.FAILED_REHEARSAL, 'bad'))]),
      ];
    }
    case 'confirm':
      return [
        ...(state.mistyped ? [paragraph(line(words.MISTYPED, 'bad')), EMPTY] : []),
        ...confirmBlocks(state.choice, state.look),
      ];
    case 'confirm-undo':
      return [textBlock(words.undoSentences(state.undoing))];
    case 'done': {
      const { result } = state;
      return [textBlock([...repairSummary(result), ...(result.boot === null ? [] : bootLines(result.boot))])];
    }
    case 'undone':
      return [textBlock(undoSummary(state.result))];
    case 'failed':
      return [paragraph(line(state.message, 'bad'))];
  }
}

function machineBlocks(look: Look): readonly Block[] {
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
          ...told.map((finding, index) => line(findingText(finding, index), toneOf(finding))),
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

const findingText = ({ summary, fault }: Finding, index: number): string =>
  `${index + 1}. ${summary} (${fault})`;

const toneOf = ({ severity }: Finding): 'bad' | 'warning' | 'normal' =>
  severity === 'error' ? 'bad' : severity === 'warning' ? 'warning' : 'normal';

/** The numbers by which the findings with these ids are told; of one that others explain, theirs. */
function numbersOf(ids: readonly string[], look: Look): number[] {
  const findings = look.known.findings;
  const told = findingsOf(look).map(({ id }) => id);
  const numbers = ids.flatMap((id) => {
    const finding = findings.find((each) => each.id === id);
    const index = told.indexOf(finding?.explainedBy ?? id);
    return index < 0 ? [] : [index + 1];
  });
  return [...new Set(numbers)].sort((a, b) => a - b);
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

function volumeNode(volume: VolumeGlance): TreeNode {
  const isBad = volume.state === 'held-back' || volume.state === 'incomplete';
  return leaf(words.volumeText(volume), isBad ? 'bad' : 'normal');
}

function findingBlocks(look: Look, index: number): readonly Block[] {
  const finding = findingsOf(look)[index];
  if (finding === undefined) return [];
  const { prospects, findings } = look.known;
  const declined = prospects
    .flatMap((each) => each.declined)
    .find(({ findingId }) => findingId === finding.id);
  const consequences = findings.filter(({ explainedBy }) => explainedBy === finding.id);
  const cause = sectionOf(faultCalled(finding.fault)?.doc ?? '', 'What causes it');
  const evidence = finding.evidence.map((each) => line(evidenceLine(each)));
  return [
    paragraph(
      line(findingText(finding, index), toneOf(finding)),
      ...consequences.map(({ summary }) => line(`It also explains: ${summary}.`)),
    ),
    EMPTY,
    paragraph(
      line(words.HOW_DO_YOU_KNOW, 'heading'),
      ...(evidence.length === 0 ? [line(words.NO_EVIDENCE)] : evidence),
    ),
    ...(cause === '' ? [] : [EMPTY, paragraph(line(words.WHAT_CAUSED_THIS, 'heading'), line(cause))]),
    ...(declined === undefined ? [] : [EMPTY, paragraph(line(notByItself(declined.reason), 'warning'))]),
  ];
}

function detailsOf(act: Act, state: State): readonly Block[] {
  if (act.kind !== 'choose' || !('look' in state)) return [];
  const { choice } = act;
  if (choice.kind !== 'repair') {
    const commands = words.choiceCommands(choice).map((text) => line(text, 'command'));
    return [
      ...choiceBlocks(choice, state.look),
      ...(commands.length > 0 ? [paragraph(line(words.COMMANDS, 'heading'), ...commands)] : []),
    ];
  }
  const remedies = choice.plans.map((plan) => remedyResult(plan, state.look.known.survey));
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

function rehearsalBlocks(rehearsed: PlanRehearsal, look: Look): Block[] {
  const { plan, rehearsal } = rehearsed;
  const { survey } = look.known;
  const before = glanceAt(look.known).groups.find(({ uuid }) => uuid === plan.volumeGroup.uuid);
  const after = groupAfter(plan, survey);
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

function confirmBlocks(choice: Choice, look: Look): readonly Block[] {
  if (choice.kind !== 'repair') return choiceBlocks(choice, look);
  const { folder, durability } = look.wayBack;
  return [
    ...choice.plans.map((plan) => paragraph(line(toDo(plan)), ...costLines(plan))),
    paragraph(line(wayBackLine(durability, folder), durability === 'stable' ? 'normal' : 'warning')),
    EMPTY,
    paragraph(line(words.WHAT_HAPPENS, 'quiet')),
  ];
}
