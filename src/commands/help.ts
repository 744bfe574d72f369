import type { Command, OptionName } from './command.ts';
import { COMMON_OPTIONS, OPTION_SPECS } from './options.ts';

const INTRO = `lvmedic gets a restored Linux VM booting again when its LVM is what stops it.

It reads the disks, says what is wrong and how it knows, rehearses the repair on copies of the metadata, saves every
byte it may change, repairs, reads the disks again, and can undo it all.

Usage: lvmedic [COMMAND] [TARGET...] [OPTIONS]

A TARGET is a block device or a raw image file. With none, all disks of this machine are looked at.
`;

const OUTRO = `Exit status (a sum): 0 nothing wrong, 1 repaired, 2 reboot needed, 4 faults left, 8 operational error,
16 usage, 32 cancelled, 64 stopped half-way (the message says what to do).

Start with: lvmedic, or lvmedic diagnose
`;

/** `guided`: what lvmedic does without a command. */
export function generalHelp(commands: readonly Command[], guided: Command): string {
  const rows = commands.map(({ name, operands, summary }) => row(`${name} ${operands}`.trim(), summary));
  return [
    INTRO,
    'Commands:',
    row('(none)', 'guided repair: shows, rehearses, asks, repairs'),
    ...rows,
    '',
    'Options:',
    ...optionRows([...COMMON_OPTIONS, ...guided.options]),
    '',
    OUTRO,
  ].join('\n');
}

export function commandHelp({ name, operands, summary, help, options }: Command): string {
  const usage = `Usage: lvmedic ${name} ${operands} [OPTIONS]`.replace('  ', ' ');
  const own = options.length === 0 ? [] : ['Options:', ...optionRows(options), ''];
  return [
    usage,
    '',
    `${summary}.`,
    help,
    ...own,
    'Options of every command:',
    ...optionRows([...COMMON_OPTIONS]),
  ].join('\n');
}

function optionRows(names: readonly (OptionName | (typeof COMMON_OPTIONS)[number])[]): string[] {
  return names.map((name) => {
    const spec: { readonly help: string; readonly value?: string } = OPTION_SPECS[name];
    return row(`--${name}${spec.value ? ` ${spec.value}` : ''}`, spec.help);
  });
}

const row = (left: string, right: string): string => `  ${left.padEnd(22)} ${right}`;
