import { COMMANDS as commands } from '../../../src/commands/all.ts';
import type { Command } from '../../../src/commands/command.ts';
import {
  commonOptions,
  type Described,
  guidedOptions,
  type Option,
  operandOf,
  ownOptions,
  valuesOf,
} from '../command-data.ts';

/** For a folder in zsh's `fpath`, as `_lvmedic`. */
export function zshCompletion(): string {
  const guidedSpecs = guidedOptions.map((option) => optionSpec(option)).join(' ');
  return `#compdef lvmedic
# zsh completion for lvmedic(8), made of the same data as lvmedic --help

_lvmedic_targets() {
  local -a devices=(/dev/*(N%b))
  [[ -n $PREFIX ]] || compadd -f -a devices
  _files
}

_lvmedic_records() {
  local -a records=(\${(M)\${(f)"$(_call_program records lvmedic undo --list 2>/dev/null)"}:#[0-9]*-*})
  compadd -- \${records%% *}
}

_lvmedic() {
  local -a commands=(
${described(commands.map(({ name, summary }) => ({ word: name, help: summary }))).join('\n')}
  )
  local -a common=(
${commonOptions.map((option) => `    ${optionSpec(option)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    [[ $PREFIX == [-./]* ]] || _describe -t commands command commands
    _arguments $common ${guidedSpecs} '1:target:_lvmedic_targets'
    return
  fi
  local command=$words[2]
  # What follows a command is read as if that were the program.
  if [[ $command == (${commands.map(({ name }) => name).join('|')}) ]]; then
    shift words
    (( CURRENT-- ))
  fi
  case $command in
${commands.map(commandCase).join('\n')}
    *) _arguments $common ${guidedSpecs} '*:target:_lvmedic_targets' ;;
  esac
}

_lvmedic "$@"
`;
}

function commandCase(command: Command): string {
  const capitals = operandOf(command);
  const own = ownOptions(command).map((option) => optionSpec(option));
  // Several are taken where the usage says so.
  const place = command.operands.includes('...') ? '*' : '1';
  const operand = capitals === null ? [] : [quoted(`${place}:${capitals.toLowerCase()}:${action(capitals)}`)];
  return `    ${command.name}) _arguments ${['$common', ...own, ...operand].join(' \\\n      ')} ;;`;
}

function optionSpec({ name, value, help }: Option): string {
  const about = help.replace(/[\][:\\]/g, '\\$&');
  return quoted(
    value === null ? `--${name}[${about}]` : `--${name}=[${about}]:${value.toLowerCase()}:${action(value)}`,
  );
}

function action(capitals: string): string {
  const values = valuesOf(capitals);
  switch (values.kind) {
    case 'words':
      return `((${values.words.map(({ word, help }) => `${word}${help === '' ? '' : `\\:${quoted2(help)}`}`).join(' ')}))`;
    case 'file':
      return '_files';
    case 'folder':
      return '_files -/';
    case 'target':
      return '_lvmedic_targets';
    case 'record':
      return '_lvmedic_records';
    case 'anything':
      return ' ';
  }
}

const described = (words: readonly Described[]): string[] =>
  words.map(({ word, help }) => `    ${quoted(`${word}:${help.replaceAll(':', '\\:')}`)}`);

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
/** Within an action, which zsh reads once more. */
const quoted2 = (text: string): string => `"${text.replace(/[:"\\$`]/g, '\\$&')}"`;
