import type { PhysicalVolumeGlance, VolumeGlance } from '../../engine/glance.ts';
import type { Policy } from '../../model/finding.ts';
import { formatBytes } from '../../model/units.ts';
import type { Act, Choice, Effect, Look, State, Undoing } from '../../session/state.ts';
import { confirmRepair, NOTHING_WRONG, STOPPING } from '../wording.ts';

/** The sentences of the guided repair, for both faces. */

export const NOT_CHOSEN = 'not chosen';

export function titleOf(state: State): string {
  switch (state.kind) {
    case 'working':
      return state.isStopping ? 'Stopping' : WORKING[state.doing];
    case 'machine':
      return 'This machine';
    case 'finding':
      return `What is wrong (${state.index + 1})`;
    case 'choices':
      return 'What can be done';
    case 'rehearsed':
      return 'The rehearsal';
    case 'confirm':
      return 'Before anything is written';
    case 'done':
      return 'The result';
    case 'confirm-undo':
      return 'Before the repair is taken back';
    case 'undone':
      return state.result.error === null ? 'Undone' : 'Not undone';
    case 'failed':
      return 'This did not work';
    case 'help':
      return 'Help';
    case 'log':
      return 'What has happened so far';
    case 'left':
      return '';
  }
}

const WORKING: Record<Effect['kind'], string> = {
  look: 'Looking at the disks',
  rehearse: 'Rehearsing on copies',
  repair: 'Repairing',
  undo: 'Undoing',
};

export function labelOf(act: Act): string {
  switch (act.kind) {
    case 'choices':
      return 'See what can be done';
    case 'finding':
      return act.index === 0 ? 'What is wrong, and how lvmedic knows' : 'The next finding';
    case 'choose':
      return choiceLabel(act.choice);
    case 'agree':
      return 'Go on to the confirmation: nothing is written yet';
    case 'yes':
      return 'Yes';
    case 'look-again':
      return 'Look at the disks again';
    case 'undo':
      return 'Undo the repair, byte for byte';
    case 'go-on':
      return 'Continue boot';
    case 'back':
      return 'back';
    case 'help':
      return 'help';
    case 'log':
      return 'log';
    case 'leave':
      return 'leave';
  }
}

function choiceLabel(choice: Choice): string {
  switch (choice.kind) {
    case 'repair': {
      const [plan, ...more] = choice.plans;
      const names = choice.plans.map(({ volumeGroup }) => volumeGroup.name).join(', ');
      return more.length > 0
        ? `Repair ${names}: what is safe in each`
        : `${plan?.volumeGroup.name}: ${plan?.title}`;
    }
    case 'activate':
      return 'Activate what is whole, and go on with the boot';
    case 'degraded':
      return 'Come up without what is missing';
    case 'recover':
      return 'Bring the interrupted repair to its end';
  }
}

/** What a choice without plans does, risks and loses. */
export function choiceSentences(choice: Exclude<Choice, { kind: 'repair' }>, look: Look): string[] {
  switch (choice.kind) {
    case 'activate': {
      const writes = choice.volumes.flatMap((volume) => volume.writes ?? []);
      return [
        `Boot waits for ${choice.volumes.map(({ name }) => name).join(', ')}, and all of it is there: it is activated.`,
        ...(writes.length === 0
          ? ['Nothing on the disks changes.']
          : writes.map((sentence) => `But: ${sentence}.`)),
      ];
    }
    case 'degraded':
      return [
        'What boot needs is activated with what is there of it: RAID without the missing leg, which writes to what is left ' +
          'of it; anything else read-only, with holes. The metadata stays as it is.',
        'Nothing on the disks is lost; the running system lacks what was on the missing disk.',
      ];
    case 'recover':
      return [
        interruptedRun(look.interrupted ?? ''),
        'If the disks are already as it wanted them, it is finished; else every byte goes back as it was before it.',
      ];
  }
}

export const interruptedRun = (record: string): string =>
  `An earlier repair of these disks was cut off (undo record ${record}): that has to be brought to its end first.`;

export const recoveredRun = ({ record, ended }: NonNullable<Look['recovered']>): string =>
  ended === 'completed'
    ? `The interrupted repair had done its work, and is finished now. To undo it, byte for byte: lvmedic undo ${record.id}`
    : 'The interrupted repair was taken back: every byte is as it was before it.';

/** The commands of a choice without plans; the log shows them whole, with the options that keep lvm to these disks. */
export function choiceCommands(choice: Exclude<Choice, { kind: 'repair' }>): string[] {
  if (choice.kind !== 'activate') return [];
  return [`$ lvm lvchange -ay ${choice.volumes.map(({ name }) => name).join(' ')}`];
}

export const undoSentences = ({ record, activated }: Undoing): string[] => [
  `Every byte that the repair changed goes back as it was (undo record ${record}). That is recorded too, and can be undone.`,
  ...(activated.length === 0 ? [] : [`First ${activated.join(', ')} is deactivated.`]),
];

export function riskOf(policy: Policy): string {
  switch (policy) {
    case 'safe':
      return 'Safe: every volume is whole afterwards, with the extents it has now.';
    case 'degraded':
      return 'Degraded: some volumes come up with holes, or without their copies.';
    case 'lossy':
      return 'Lossy: something is given up for good.';
    default:
      return 'To be decided by a person: lvmedic cannot prove that it is right.';
  }
}

export const mark = (numbers: readonly number[]): string =>
  numbers.length === 0 ? '' : `  !! see ${numbers.join(', ')}`;

export function diskText(path: string, sizeBytes: number): string {
  return `${path}  ${formatBytes(sizeBytes)}`;
}

export function partText(
  name: string,
  sizeBytes: number,
  holds: {
    readonly isPhysicalVolume: boolean;
    readonly group: string | null;
    readonly content: readonly string[];
  },
): string {
  const content = holds.isPhysicalVolume
    ? `physical volume${holds.group === null ? '' : ` of ${holds.group}`}`
    : holds.content.join(', ') || 'nothing that is known';
  return `${name}  ${formatBytes(sizeBytes)}  ${content}`;
}

/** `generation`: null where it is not known. */
export const groupText = (name: string, generation: number | null): string =>
  generation === null ? `volume group ${name}` : `volume group ${name}, generation ${generation}`;

export function physicalVolumeText({ place, uuid, claimants }: PhysicalVolumeGlance): string {
  if (place !== null) return `physical volume ${place}`;
  const where = claimants.length === 0 ? 'on none of the disks' : `perhaps on ${claimants.join(' or ')}`;
  return `physical volume ${uuid}: ${where}`;
}

export function volumeText({ name, sizeBytes, state, isAwaited }: VolumeGlance): string {
  const words = {
    active: 'active',
    whole: 'whole',
    'held-back': 'cannot be activated',
    incomplete: 'incomplete: a part of it is not there',
  };
  return `${name}  ${formatBytes(sizeBytes)}  ${words[state]}${isAwaited ? '; boot waits for it' : ''}`;
}

export function afterText(volume: VolumeGlance, wasThere: boolean): string {
  return `${volumeText(volume)}${wasThere ? '' : ' (comes back)'}`;
}

export const NO_DISKS = 'No disk was found.';
export const ALL_WELL = `ok  ${NOTHING_WRONG}`;
export const NO_CHOICE =
  'lvmedic has no repair for this that it could vouch for. The findings say what would help.';
export const HOW_DO_YOU_KNOW = 'How do you know?';
export const WHAT_CAUSED_THIS = 'What caused this?';
export const alsoExplains = (summary: string): string => `It also explains: ${summary}.`;
export const NO_EVIDENCE = 'It follows from what is not there.';
export const COMMANDS = 'Commands, in this order:';
export const BEFORE = 'Now';
export const AFTER = 'Afterwards';
export const WHAT_HAPPENS =
  'What it may change is saved first; then the commands run on the disks, and every area is read again. If anything ' +
  'goes wrong, the bytes are put back.';
export const FAILED_REHEARSAL =
  'The rehearsal did not reach its goal, so this is not offered. No disk was touched.';
export const NOT_UNTIL_YES =
  'Not rehearsed yet: what you choose is tried on copies first. Nothing is written until you have said so.';

/** A repair is confirmed by a yes when it is safe, else by the name of the volume group. */
export function questionText(choice: Choice, word: string | null): string {
  if (word !== null) return `To do this, type the name of the volume group, ${word}`;
  if (choice.kind !== 'repair') return `${choiceLabel(choice)}: now?`;
  return confirmRepair([...new Set(choice.plans.map(({ volumeGroup }) => volumeGroup.name))].join(', '));
}

export const undoQuestion = 'Take the repair back now?';
export const MISTYPED = 'That was not the name. Nothing was done.';

export const stillWrong = (count: number): string =>
  count === 1 ? '1 thing is wrong:' : `${count} things are wrong:`;

export const HELP: readonly string[] = [
  'lvmedic shows what it found, proposes repairs, tries the one you choose on copies of the metadata, and asks before ' +
    'it writes. Before it writes it saves every byte that may change; "undo" puts them back.',
  '',
  'A number, or the arrows and Enter, takes a choice. Enter alone takes the first, or what is marked.',
  'b goes back, as does Esc. l shows what was done so far: every command with what it printed.',
  'At a question these letters work as well; where a name is to be typed, followed by Enter. Nothing typed goes back.',
  'On the full screen PgUp and PgDn (or - and space) move through what does not fit, Home and End (or g and G) to its ends.',
  'q leaves, as does Ctrl-C. During a repair they stop after the step in progress, and every byte goes back. Ctrl-L draws ' +
    'the screen anew.',
  '',
  'Every command is shown as you would type it yourself. The same without questions: lvmedic repair --unattended.',
  'About a fault: lvmedic explain FAULT.',
];

export const LEFT_UNCHANGED = 'Left. Nothing was changed.';
export const EMPTY_LOG = 'Nothing yet.';

/** What `q` does while something is under way. */
export function stopHint(doing: Effect['kind']): string {
  if (doing === 'undo') return 'This is brought to its end.';
  return doing === 'repair'
    ? 'q stops after the step in progress, and every byte goes back'
    : 'q leaves when this is over';
}

export const stoppingNote = (doing: Effect['kind']): string =>
  doing === 'repair' ? STOPPING : 'Leaving when this is over.';

export const ENTER_TAKES = 'Enter takes what is marked';
export const ENTER_BACK = 'Enter back';
export const ENTER_NO = 'Enter no';
export const ENTER_ANSWERS = 'The name or a letter, then Enter';
/** What of a page is not on the screen. */
export function moreLines(above: number, below: number): string {
  const more = [
    ...(above > 0 ? [`${above} more above (PgUp)`] : []),
    ...(below > 0 ? [`${below} more below (PgDn)`] : []),
  ];
  return more.length === 0 ? ' ' : `-- ${more.join(', ')} --`;
}
export const readBelow = (count: number): string =>
  `-- ${count} more below (PgDn): to be read before it is answered --`;
export const readSkipped = (count: number): string =>
  `-- ${count} more above (PgUp): to be read before it is answered --`;
export const tooSmall = (columns: number, rows: number): string =>
  `This window is too small (${columns}x${rows}). Make it 80x24, or leave with q and run: lvmedic --plain`;

interface Lettered {
  readonly key: string;
  readonly label: string;
}
const lettersOf = (keys: readonly Lettered[]): string =>
  keys.map(({ key, label }) => `${key} ${label}`).join(', ');

/** After the numbered choices; made to be read aloud as well. */
export function promptText(count: number, keys: readonly Lettered[]): string {
  const letters = lettersOf(keys);
  if (count === 0) return `Type ${letters}. Enter goes back:`;
  return `Type ${NUMBERS[count] ?? `1 to ${count}`}, ${letters}. Enter means 1:`;
}
const NUMBERS: readonly string[] = ['', '1', '1 or 2'];

/** A question, as far as its answer is typed behind it. */
export const askedText = ({
  kind,
  text,
}: {
  readonly kind: 'yes' | 'word';
  readonly text: string;
}): string => (kind === 'yes' ? `${text} (y/N)` : `${text}:`);

/** Above a question, how it can be answered. */
export function answerHint(kind: 'yes' | 'word', keys: readonly Lettered[]): string {
  const letters = lettersOf(keys);
  return kind === 'yes'
    ? `Type y or n, ${letters}. Enter means n.`
    : `Type the name, ${letters}. Enter alone goes back.`;
}

export function answerWith(count: number): string {
  if (count === 0) return 'Please answer with one of these letters, or Enter.';
  const numbers = count === 1 ? '1' : `a number from 1 to ${count}`;
  return `Please answer with ${numbers}, or one of these letters.`;
}
