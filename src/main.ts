import fs from 'node:fs';
import path from 'node:path';
import { COMMANDS } from './commands/all.ts';
import type { Command, Context, Options, StopRequest } from './commands/command.ts';
import { guidedCommand } from './commands/guided.ts';
import { commandHelp, generalHelp } from './commands/help.ts';
import { parseOptions } from './commands/options.ts';
import { listRecords } from './engine/undo/undo.ts';
import { EXIT } from './exit-codes.ts';
import type { Face } from './faces/face.ts';
import { guideByPrompts, guideByScreen } from './faces/guided/guides.ts';
import { jsonFace } from './faces/json/json-face.ts';
import { bothFaces, logFace } from './faces/logged-face.ts';
import { plainFace } from './faces/plain/plain-face.ts';
import { Cancelled, isAsking, isTerminalGone } from './faces/prompts/cancelled.ts';
import { lineAsker } from './faces/prompts/line.ts';
import { questionsBy } from './faces/prompts/questions.ts';
import { STOPPING } from './faces/wording.ts';
import { visible } from './model/escape.ts';
import { createSystem, type LoggedSystem } from './system/create-system.ts';
import { codeOf } from './system/files.ts';
import { inInitramfs } from './system/kernel-command-line.ts';
import { takeLock } from './system/lock.ts';
import { kernelLog, openLog } from './system/log.ts';
import { isOnSerialLine, prepareConsole } from './system/serial-console.ts';
import { chooseStateDir } from './system/state-dir.ts';
import { terminalOf } from './system/terminal.ts';
import { version } from './version.ts';

/** Those that write to disks, or read them for somebody who may say so: they leave a log, and stop on signals. */
const WRITING = ['', 'repair', 'undo', 'boot'];

const writeOut = (line: string) => writeAll(1, `${line}\n`);
const writeError = (line: string) => writeAll(2, `${line}\n`);

/** Returns when everything is written. A console that went away must not stop a repair half-way. */
function writeAll(fd: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(fd, rest));
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const [first = '', ...rest] = argv;
  const named = COMMANDS.find((command) => command.name === first);
  // A path in a command's place is a TARGET of the guided repair.
  if (named === undefined && /^[a-z-]+$/.test(first) && !first.startsWith('-')) {
    writeError(`lvmedic: there is no command "${visible(first)}". See: lvmedic --help`);
    return EXIT.usage;
  }
  const parsed = parseOptions(named ? rest : argv, named ?? guidedCommand);
  if (!parsed.ok) {
    writeError(`lvmedic: ${visible(parsed.error)}`);
    return EXIT.usage;
  }
  const { options, operands } = parsed.value;
  if (parsed.value.version) {
    writeOut(`lvmedic ${version}`);
    return EXIT.nothingWrong;
  }
  if (parsed.value.help) {
    writeOut(named ? commandHelp(named) : generalHelp(COMMANDS, guidedCommand));
    return EXIT.nothingWrong;
  }
  return run(named ?? guidedCommand, options, operands);
}

async function run(command: Command, options: Options, operands: readonly string[]): Promise<number> {
  const plain = faceFor(command, options);
  const log = WRITING.includes(command.name) ? logFor(command, options) : SILENT;
  const face = bothFaces(plain, log);
  const stop = new Stop(face);
  if (WRITING.includes(command.name)) stop.watch();
  // A console that goes away ends what is asked there; its last words cannot be written.
  process.stdout.on('error', () => {});
  // What could not be done as it should, and is no reason to stop: the log has it.
  process.on('warning', ({ message }) => log.say([message]));
  const context: Context = {
    options,
    operands,
    ...{ face, log, stop },
    isRoot: process.getuid?.() === 0,
    async open(targets) {
      const system = await createSystem({
        targets,
        lvmPath: options.lvm,
        stateDir: options.stateDir,
        stopRequested: () => stop.requested,
      });
      if (system.ok) opened.push(system.value);
      return system;
    },
    lock: takeLock,
  };
  try {
    return await command.run(context);
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    face.error(`stopped on request; nothing ${error.isUnchanged ? '' : 'else '}was changed`, EXIT.cancelled);
    return EXIT.cancelled;
  }
}

function faceFor(command: Command, options: Options): Face {
  if (options.json) return jsonFace(command.name, writeOut);
  if (inInitramfs() || options.screen) prepareConsole(!options.plain);
  const canAsk = process.stdin.isTTY && process.stdout.isTTY;
  const person = canAsk ? personAt(options) : { questions: null, guide: null };
  return plainFace(writeOut, { verbose: options.verbose, person, writeError });
}

/** The full screen where the terminal is known to be good for it, else numbered questions, which any terminal is. */
function personAt({ plain, screen, noColor }: Options): Pick<Face, 'questions' | 'guide'> {
  const print = (line: string) => writeOut(visible(line));
  const terminal = terminalOf(process.env, process.stdout);
  const askLine = lineAsker(terminal.canDraw && !plain);
  const hasRoom = terminal.isLarge && (screen || !isOnSerialLine());
  const guide =
    terminal.canDraw && hasRoom && !plain
      ? guideByScreen({ ...terminal, colours: terminal.colours && !noColor }, print)
      : guideByPrompts(askLine, print);
  return { questions: questionsBy(askLine, print), guide };
}

function logFor(command: Command, options: Options): Face {
  const isEarly = inInitramfs();
  const file =
    options.log ??
    (isEarly
      ? '/run/initramfs/lvmedic.log'
      : path.join(chooseStateDir(options.stateDir, false), 'lvmedic.log'));
  const log = openLog(file);
  if (!isEarly) return logFace(command.name, log);
  return logFace(command.name, {
    event: log.event,
    text(line) {
      log.text(line);
      if (!line.startsWith('    |')) kernelLog(line);
    },
  });
}

const SILENT: Face = plainFace(() => {}, { verbose: false, writeError: () => {} });

/** Ctrl-C, a closed console, a shutdown: the step in progress ends, then everything goes back. */
class Stop implements StopRequest {
  requested = false;
  #handler: () => void;

  constructor(face: Face) {
    this.#handler = () => {
      if (isAsking()) return;
      if (!this.requested) face.say([STOPPING]);
      this.request();
    };
  }

  readonly request = (): void => {
    this.requested = true;
  };

  readonly clear = (): void => {
    this.requested = false;
  };

  handle(onRequest: () => void): void {
    this.#handler = onRequest;
  }

  watch(): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.#handler());
  }
}

/** All that commands opened. */
const opened: LoggedSystem[] = [];

/** The folder of a record that this run began to write by, and brought to no end. */
function unendedRecord(): string | null {
  for (const system of opened) {
    const ended = listRecords(system).filter(({ state }) => state === 'finished' || state === 'rolled-back');
    const id = [...system.journaled].find((each) => !ended.some((record) => record.id === each));
    if (id !== undefined) return system.records.folder(id);
  }
  return null;
}

/** Only bugs come here: every expected failure is a result. */
function reportBug(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  writeError(`lvmedic: this is a bug in lvmedic ${version}; please report it with this text:`);
  for (const line of text.split('\n')) writeError(visible(line));
  const record = unendedRecord();
  process.exitCode = record === null ? EXIT.operationalError : EXIT.halfway;
  if (record === null) return;
  writeError('lvmedic: it happened while disks were being written: they may be half-done.');
  writeError(`lvmedic: run lvmedic again, which ends this first. The undo record is ${visible(record)}`);
}

process.on('uncaughtException', (error) => {
  // The question that is open hears of it, too, and takes it for Ctrl-C.
  if (isAsking() && isTerminalGone(error)) return;
  // enquirer pauses a console that readline has closed already (on Ctrl-C); its answer comes all the same.
  if (codeOf(error) === 'ERR_USE_AFTER_CLOSE') return;
  reportBug(error);
  process.exit();
});

main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
}, reportBug);
