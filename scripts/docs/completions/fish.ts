import { COMMANDS as commands } from '../../../src/commands/all.ts';
import {
  commonOptions,
  guidedOptions,
  type Option,
  operandOf,
  ownOptions,
  valuesOf,
} from '../command-data.ts';

/** For /usr/share/fish/vendor_completions.d. */
export function fishCompletion(): string {
  const names = commands.map(({ name }) => name).join(' ');
  return `# fish completion for lvmedic(8), made of the same data as lvmedic --help

function __lvmedic_targets
    for device in /dev/*
        test -b $device; and echo $device
    end
end

function __lvmedic_records
    lvmedic undo --list 2>/dev/null | string match --regex '^[0-9]+-\\S+'
end

complete -c lvmedic -f
complete -c lvmedic -n 'not __fish_seen_subcommand_from ${names}' -F
${commands.map(({ name, summary }) => `complete -c lvmedic -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`).join('\n')}

${commonOptions.map((option) => optionLine('', option)).join('\n')}
${guidedOptions.map((option) => optionLine(` -n 'not __fish_seen_subcommand_from ${names}'`, option)).join('\n')}
${commands
  .map((command) => {
    const condition = ` -n '__fish_seen_subcommand_from ${command.name}'`;
    const capitals = operandOf(command);
    return [
      '',
      ...ownOptions(command).map((option) => optionLine(condition, option)),
      ...(capitals === null ? [] : operandLines(condition, capitals)),
    ].join('\n');
  })
  .join('\n')}
`;
}

function optionLine(condition: string, { name, value, help }: Option): string {
  const takes = value === null ? '' : ` ${valueArguments(value)}`;
  return `complete -c lvmedic${condition} -l ${name}${takes} -d ${quoted(help)}`;
}

function operandLines(condition: string, capitals: string): string[] {
  const values = valuesOf(capitals);
  if (values.kind !== 'words')
    return [`complete -c lvmedic${condition} ${valueArguments(capitals)}`.replace(' -x', '')];
  return values.words.map(
    ({ word, help }) =>
      `complete -c lvmedic${condition} -a ${word}${help === '' ? '' : ` -d ${quoted(help)}`}`,
  );
}

/** -x: nothing but these; -r: a value, of which fish knows files. */
function valueArguments(capitals: string): string {
  const values = valuesOf(capitals);
  switch (values.kind) {
    case 'words':
      return `-x -a ${quoted(values.words.map(({ word }) => word).join(' '))}`;
    case 'file':
      return '-r -F';
    case 'folder':
      return "-x -a '(__fish_complete_directories)'";
    case 'target':
      return "-F -a '(__lvmedic_targets)'";
    case 'record':
      return "-x -a '(__lvmedic_records)'";
    case 'anything':
      return '-x';
  }
}

const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;
