import fs from 'node:fs';
import path from 'node:path';
import { COMMANDS as commands } from '../../src/commands/all.ts';
import type { Command } from '../../src/commands/command.ts';
import { guidedCommand } from '../../src/commands/guided.ts';
import { generalHelp } from '../../src/commands/help.ts';
import { EXIT } from '../../src/exit-codes.ts';
import { CATALOGUE } from '../../src/faults/catalogue.ts';
import { commonOptions, type Option, ownOptions } from './command-data.ts';
import { FILES, SETUP_FILES } from './manual-text.ts';
import { tableBelow } from './markdown.ts';
import {
  bold,
  escaped,
  example,
  italic,
  manualPage,
  paragraph,
  prose,
  section,
  subsection,
  synopsis,
  tagged,
} from './roff.ts';

const root = path.resolve(import.meta.dirname, '../..');

interface Edition {
  readonly version: string;
  /** Of the day that the pages bear. */
  readonly epochSeconds: number;
}

/** The manual pages by the names of their files. */
export function manualPages(edition: Edition): Map<string, string> {
  return new Map([
    ['lvmedic.8', programPage(edition)],
    ['lvmedic-setup.8', setupPage(edition)],
    ['lvmedic.conf.5', confPage(edition)],
  ]);
}

/** Other names of lvmedic.8: `man lvmedic repair` asks for lvmedic-repair. */
export function manualAliases(): string[] {
  return commands.map(({ name }) => `lvmedic-${name}.8`);
}

function programPage(edition: Edition): string {
  const help = generalHelp(commands, guidedCommand);
  const [first = '', ...paragraphs] = help.split('\nCommands:')[0]?.trim().split('\n\n') ?? [];
  const [, what = ''] = /^lvmedic (.*?)\.?$/.exec(first) ?? [];
  const names = ['lvmedic', ...commands.map(({ name }) => `lvmedic-${name}`)];
  return manualPage({
    ...edition,
    name: 'lvmedic',
    section: 8,
    sections: [
      section('NAME', `${names.map(escaped).join(', ')} \\- ${escaped(what)}`),
      section(
        'SYNOPSIS',
        synopses([guidedCommand, ...commands].map(usage).map((line) => `${line} [OPTION...]`)),
      ),
      section(
        'DESCRIPTION',
        ...paragraphs.filter((text) => !text.startsWith('Usage:')).map((text) => paragraph(prose(text))),
      ),
      section('COMMANDS', ...[guidedCommand, ...commands].map(commandSection)),
      section(
        'OPTIONS',
        paragraph(prose('Every command takes these. There are further ones with the commands.')),
        ...commonOptions.map(optionEntry),
      ),
      section(
        'POLICIES',
        paragraph(prose('Every remedy has a policy, which says what may be done without asking a person:')),
        ...tableBelow('safety.md', '## Policies').map(([policy = '', means = '', unattended = '']) =>
          tagged(prose(policy), `${prose(means)}. ${prose(`Unattended: ${unattended}`)}.`),
        ),
      ),
      section(
        'EXIT STATUS',
        paragraph(prose('The sum of what holds, as of `fsck`(8):')),
        ...exitStatuses().map(([value = '', means = '']) => tagged(bold(value), `${prose(means)}.`)),
      ),
      section('KERNEL COMMAND LINE', ...kernelCommandLine()),
      section('FILES', ...FILES.map(([file, text]) => tagged(italic(file), prose(text)))),
      section('EXAMPLES', ...[guidedCommand, ...commands].flatMap(examplesOf)),
      section(
        'FAULTS',
        paragraph(prose('What it knows. `lvmedic explain` has a page for each.')),
        ...CATALOGUE.map(({ id, summary }) => tagged(bold(id), `${prose(summary)}.`)),
      ),
      seeAlso('lvmedic-setup(8)', 'lvmedic.conf(5)', 'lvm(8)', 'vgcfgrestore(8)', 'fsck(8)', 'bootparam(7)'),
    ],
  });
}

/** @throws when docs/exit-codes.md and src/exit-codes.ts do not have the same values */
function exitStatuses(): string[][] {
  const rows = tableBelow('exit-codes.md', '# Exit codes');
  const written = rows.map(([value]) => Number(value));
  if (JSON.stringify(written) !== JSON.stringify(Object.values(EXIT))) {
    throw new Error(`docs/exit-codes.md has ${written}, src/exit-codes.ts ${Object.values(EXIT)}`);
  }
  return rows;
}

function kernelCommandLine(): string[] {
  return [
    paragraph(
      prose(
        'For an initramfs that holds lvmedic, by dracut or initramfs-tools. Of several the last one wins.',
      ),
    ),
    ...tableBelow('boot.md', '## Kernel command line').map(([parameter = '', byDefault = '', text = '']) => {
      const about = text === 'see above' ? modesInBoot() : `${prose(text)}.`;
      return tagged(synopsis(parameter.replaceAll('`', '')), `${about} ${prose(`Default: ${byDefault}`)}.`);
    }),
    paragraph(
      prose(
        'Where nobody shall be offered a repair, `rd.shell=0` (dracut) and `panic=` (initramfs-tools) hold for lvmedic too: ' +
          'no shell and no question; `rd.lvmedic=auto` works.',
      ),
    ),
  ];
}

function modesInBoot(): string {
  return tableBelow('boot.md', '## The rule')
    .map(([mode = '', acts = '']) => `${prose(mode.replace(/ \(.*\)/, ''))}: ${prose(acts)}.`)
    .join(' ');
}

function setupPage(edition: Edition): string {
  const script = fs.readFileSync(path.join(root, 'initramfs/system/lvmedic-setup'), 'utf8');
  const usages = [...script.matchAll(/^# (lvmedic-setup(?: --[a-z]+)?) {2,}(.+)$/gm)];
  return manualPage({
    ...edition,
    name: 'lvmedic-setup',
    section: 8,
    sections: [
      section('NAME', 'lvmedic\\-setup \\- bring lvmedic into the boot of this machine, or take it out'),
      section('SYNOPSIS', synopses(usages.map(([, line = '']) => line))),
      section(
        'DESCRIPTION',
        paragraph(
          prose(
            'Does what `lvmedic.conf`(5) says. The package calls it when it is installed, upgraded and removed; a person ' +
              'calls it after a change of that file, and when a message of lvmedic says so. A file that an initramfs may ' +
              'still look for stays until every initramfs was made without it.',
          ),
        ),
        ...usages.map(([, line = '', text = '']) => tagged(bold(line), `${prose(text)}.`)),
      ),
      section(
        'EXIT STATUS',
        tagged(bold('0'), prose('Everything is as the file says.')),
        tagged(
          bold('1'),
          prose(
            'Something could not be done; the message says what, and what to do. The boot works as before.',
          ),
        ),
      ),
      section('FILES', ...SETUP_FILES.map(([file, text]) => tagged(italic(file), prose(text)))),
      seeAlso('lvmedic(8)', 'lvmedic.conf(5)', 'update-initramfs(8)', 'dracut(8)'),
    ],
  });
}

function confPage(edition: Edition): string {
  const modes = tableBelow('install-before.md', '## Modes').map(
    ([mode = '', gets = '', lies = '', when = '']) =>
      tagged(
        prose(mode),
        prose(
          gets === ''
            ? `${when}.`
            : `The initramfs gets ${gets}; the program lies ${lies}. Choose it when ${when}.`,
        ),
      ),
  );
  return manualPage({
    ...edition,
    name: 'lvmedic.conf',
    section: 5,
    sections: [
      section('NAME', 'lvmedic.conf \\- how lvmedic gets into the boot of this machine'),
      section('SYNOPSIS', italic('/etc/lvmedic.conf')),
      section(
        'DESCRIPTION',
        paragraph(
          prose(
            'Lines of the form `KEY=VALUE`; the value may stand in quotation marks. Empty lines, and lines that begin with ' +
              '`#`, are comments. The file is read and not run. After a change: `lvmedic-setup`(8). A mistake in it never ' +
              'keeps a kernel from getting its initramfs: lvmedic is left out, with a warning.',
          ),
        ),
        ...tableBelow('install-before.md', '## lvmedic.conf').map(
          ([setting = '', byDefault = '', text = '']) => {
            const entry = tagged(
              synopsis(setting.replaceAll('`', '')),
              `${prose(capitalised(text))}. ${prose(`Default: ${byDefault}`)}.`,
            );
            return setting.includes('MODE=') ? [entry, '.RS', ...modes, '.RE'].join('\n') : entry;
          },
        ),
      ),
      section(
        'EXAMPLES',
        paragraph(prose('/boot lies on LVM:')),
        example(['MODE=embed']),
        paragraph(prose('An image that is built on another machine, with a /boot of its own:')),
        example(['MODE=hook', 'PLACE_UUID=0f3f8a2e-1c1b-4f59-9a6b-6d1a3c2f7b10', 'PLACE_TYPE=ext4']),
      ),
      seeAlso('lvmedic(8)', 'lvmedic-setup(8)'),
    ],
  });
}

const usage = ({ name, operands }: Command): string => ['lvmedic', name, operands].filter(Boolean).join(' ');
const synopses = (lines: readonly string[]): string => lines.map(synopsis).join('\n.br\n');

function commandSection(command: Command): string {
  return subsection(
    synopsis(usage(command)),
    paragraph(`${prose(command.summary)}.`),
    ...proseOf(command.help).map((text) => paragraph(prose(text))),
    ...ownOptions(command).map(optionEntry),
  );
}

const optionEntry = ({ name, value, help }: Option): string =>
  tagged(synopsis(`--${name}${value === null ? '' : ` ${value}`}`), `${prose(help)}.`);

/** The paragraphs of a command's help: its examples are indented. */
function proseOf(help: string): string[] {
  return help
    .split(/\n\s*\n/)
    .map((text) => text.split('\n').filter((line) => line !== '' && !line.startsWith('  ')))
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'));
}

/**
 * Of a command's help. A line of them is a command and, behind two spaces or on the next line far to the right, what it
 * does; those that say nothing stand with the one before.
 */
function examplesOf({ help, summary }: Command): string[] {
  const found: { lines: string[]; text: string }[] = [];
  for (const line of help.split('\n').filter((each) => each.startsWith('  '))) {
    const [, command = '', text = ''] = /^ {2}(\S.*?)(?: {2,}(.*))?$/.exec(line) ?? [];
    const last = found.at(-1);
    if (last === undefined) found.push({ lines: [command], text: text || summary });
    else if (command === '') last.text = line.trim();
    else if (text !== '' || TOLD_BELOW.test(help.slice(help.indexOf(line) + line.length))) {
      found.push({ lines: [command], text });
    } else last.lines.push(command);
  }
  return found.flatMap(({ lines, text }) => [paragraph(`${prose(capitalised(text))}:`), example(lines)]);
}

/** What follows a command whose explanation had no room beside it. */
const TOLD_BELOW = /^\n {8,}\S/;

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function seeAlso(...pages: readonly string[]): string {
  const references = pages.map((page) => {
    const [, name = '', number = ''] = /^(.*)\((\d)\)$/.exec(page) ?? [];
    return `.BR ${escaped(name)} (${number})`;
  });
  return section(
    'SEE ALSO',
    references.join(' ,\n'),
    paragraph(`${prose('The whole documentation:')} ${italic('/usr/share/doc/lvmedic/')}`),
  );
}
