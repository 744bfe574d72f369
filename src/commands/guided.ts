import { EXIT } from '../exit-codes.ts';
import { HOW_TO_GO_ON } from '../faces/boot-wording.ts';
import type { Face, Guide } from '../faces/face.ts';
import { stoppingNote } from '../faces/guided/wording.ts';
import { bothFaces } from '../faces/logged-face.ts';
import { plainFace } from '../faces/plain/plain-face.ts';
import { needsTerminal } from '../faces/wording.ts';
import type { Result } from '../model/result.ts';
import { LiveSession } from '../session/live.ts';
import type { Effect, EffectResult, Left } from '../session/state.ts';
import type { Command, Context, OpenSystem } from './command.ts';
import { carryOutEffect } from './guided-work.ts';

/** What `lvmedic` without a command does. */
export const guidedCommand: Command = {
  name: '',
  operands: '[TARGET...]',
  summary: 'Guided repair: what is wrong, what can be done, a rehearsal, then the repair if you say so',
  help: `
On a capable terminal it is a full screen, on a serial or dumb one numbered questions with the same choices and words.

  lvmedic                       all disks of this machine
  lvmedic disk1.img disk2.img   raw images
  lvmedic --plain               numbered questions
  lvmedic --screen              the full screen, on a serial console as well
`,
  options: ['screen'],
  async run(context) {
    const { face, open, operands } = context;
    if (face.guide === null) {
      face.error(needsTerminal('repair'), EXIT.usage);
      return EXIT.usage;
    }
    // The first page says that it is at work before lvm has said its version.
    const opening = open(operands);
    await face.guide.load();
    if (context.stop.requested) return EXIT.cancelled;
    const { exitStatus, bootGoesOn } = await guided(context, opening, face.guide);
    const opened = await opening;
    if (!opened.ok) {
      face.error(opened.error, EXIT.operationalError);
      return EXIT.operationalError;
    }
    if (bootGoesOn) {
      opened.value.boot?.goOn();
      face.say([HOW_TO_GO_ON]);
    }
    return exitStatus;
  },
};

/** A guided repair from the first look to the last word; whether boot goes on is left to the caller. */
export async function guided(
  context: Context,
  opening: Promise<Result<OpenSystem, string>>,
  guide: Guide,
): Promise<Left> {
  const { stop } = context;
  const carryOut = async (effect: Effect): Promise<EffectResult> => {
    const opened = await opening;
    if (!opened.ok) {
      // There is nothing to look at: the caller says why, on a terminal that is as it was.
      live.leave();
      return { kind: 'failed', message: '' };
    }
    return carryOutEffect(effect, { context, system: opened.value, face: faceOf(live, context.log) });
  };
  const live = new LiveSession({
    carryOut: (effect) => carryOut(effect).finally(stop.clear),
    stop: (doing) => {
      if (!stop.requested && doing !== 'look') live.note(stoppingNote(doing));
      stop.request();
    },
  });
  stop.handle(() => live.leave());
  await guide.show(live);
  if (live.state.kind !== 'left') throw new Error(`the guide ended in the state ${live.state.kind}`);
  return live.state;
}

/** What the engine says goes to the session's own log and to the file. */
function faceOf(live: LiveSession, log: Face): Face {
  const writing = (write: (line: string) => void) =>
    bothFaces(plainFace(write, { verbose: true, writeError: write }), log);
  const happening = writing((line) => live.note(line));
  return {
    // How something ended stands on the page that follows.
    ...writing((line) => live.keep(line)),
    notify: (progress) => {
      if (progress.type === 'progress') live.progress(progress.done / progress.total);
      happening.notify(progress);
    },
  };
}
