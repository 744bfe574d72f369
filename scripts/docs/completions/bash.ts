import { COMMANDS as commands } from '../../../src/commands/all.ts';
import {
  commonOptions,
  guidedOptions,
  type Option,
  operandOf,
  ownOptions,
  valuesOf,
} from '../command-data.ts';

/** For /usr/share/bash-completion/completions; needs nothing of bash-completion but to be loaded. */
export function bashCompletion(): string {
  const names = commands.map(({ name }) => name);
  const valued = [
    ...new Map([...commonOptions, ...commands.flatMap(ownOptions)].map((each) => [each.name, each])),
  ]
    .map(([, each]) => each)
    .filter(({ value }) => value !== null);
  const cases = commands.map((command) => {
    const operand = operandOf(command);
    const own = ownOptions(command);
    return `    ${command.name}) options="${longs(own)}" operand=${operand === null ? '_lvmedic_nothing' : finder(operand)} ;;`;
  });
  return `# bash completion for lvmedic(8), made of the same data as lvmedic --help
# shellcheck shell=bash

_lvmedic_nothing() { :; }
_lvmedic_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_lvmedic_file() {
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}
_lvmedic_folder() {
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -d -- "$cur")
}
_lvmedic_target() {
    local device
    if [[ ! $cur ]]; then
        for device in /dev/*; do [[ ! -b $device ]] || COMPREPLY+=("$device"); done
    fi
    local files
    compopt -o filenames
    mapfile -t files < <(compgen -f -- "$cur")
    COMPREPLY+=("\${files[@]}")
}
_lvmedic_record() {
    local record rest
    while read -r record rest; do
        [[ $record != [0-9]*-* || $record != "$cur"* ]] || COMPREPLY+=("$record")
    done < <("$program" undo --list 2>/dev/null)
}
${wordFinders()}
_lvmedic() {
    local program=\${COMP_WORDS[0]} cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
    local options='${longs(guidedOptions)}' operand=_lvmedic_target
    COMPREPLY=()
    # bash takes --policy=safe for three words.
    if [[ $cur == = ]]; then
        cur=''
    elif [[ $prev == = ]]; then
        prev=\${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case $prev in
${valued.map(({ name, value }) => `    --${name}) ${finder(value ?? '')} && return ;;`).join('\n')}
    esac
    case \${COMP_WORDS[1]} in
${cases.join('\n')}
    esac
    if [[ $cur == -* ]]; then
        _lvmedic_words "$options ${longs(commonOptions)}"
    elif ((COMP_CWORD == 1)) && [[ $cur != [./]* ]]; then
        _lvmedic_words "${names.join(' ')}"
    else
        "$operand"
    fi
}
complete -F _lvmedic lvmedic
`;
}

const longs = (options: readonly Option[]): string => options.map(({ name }) => `--${name}`).join(' ');

const finder = (capitals: string): string => {
  const { kind } = valuesOf(capitals);
  if (kind === 'words') return `_lvmedic_${capitals.toLowerCase()}`;
  return kind === 'anything' ? '_lvmedic_nothing' : `_lvmedic_${kind}`;
};

/** A function for each word in capitals whose values are known beforehand. */
function wordFinders(): string {
  const capitals = [...commonOptions, ...commands.flatMap(ownOptions)].map(({ value }) => value);
  const operands = commands.map(operandOf);
  return [...new Set([...capitals, ...operands])]
    .flatMap((name) => {
      const values = name === null ? null : valuesOf(name);
      if (name === null || values?.kind !== 'words') return [];
      return `${finder(name)}() { _lvmedic_words "${values.words.map(({ word }) => word).join(' ')}"; }\n`;
    })
    .join('');
}
