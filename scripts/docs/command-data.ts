import type { Command } from '../../src/commands/command.ts';
import { guidedCommand } from '../../src/commands/guided.ts';
import { COMMON_OPTIONS, isPolicy, OPTION_SPECS } from '../../src/commands/options.ts';
import { CATALOGUE } from '../../src/faults/catalogue.ts';
import { POLICIES } from '../../src/model/finding.ts';

/** What manual pages and completions are made of: the same data as `--help` prints. */

export interface Option {
  /** Without the dashes. */
  readonly name: string;
  /** What stands behind it, `FILE`; null where it takes nothing. */
  readonly value: string | null;
  readonly help: string;
}

/** How a shell finds what a word in capitals can be; `words` are known beforehand. */
type Values =
  | { readonly kind: 'words'; readonly words: readonly Described[] }
  | { readonly kind: 'file' | 'folder' | 'target' | 'record' | 'anything' };

export interface Described {
  readonly word: string;
  /** Empty where there is nothing to say. */
  readonly help: string;
}

/** By the words in capitals of `OPTION_SPECS` and of the commands' operands, which do not say it themselves. */
const VALUES: Readonly<Record<string, Values>> = {
  TARGET: { kind: 'target' },
  RECORD: { kind: 'record' },
  FAULT: {
    kind: 'words',
    words: CATALOGUE.map(({ id, summary }) => ({ word: id, help: summary })),
  },
  POLICY: { kind: 'words', words: POLICIES.filter(isPolicy).map((word) => ({ word, help: '' })) },
  FILE: { kind: 'file' },
  PATH: { kind: 'file' },
  DIR: { kind: 'folder' },
  // A remedy and its volume group are known only to who has read the disks: completion must not.
  ID: { kind: 'anything' },
  'NAME|UUID': { kind: 'anything' },
};

export function isKnownValue(capitals: string): boolean {
  return capitals in VALUES;
}

export function valuesOf(capitals: string): Values {
  return VALUES[capitals] ?? { kind: 'anything' };
}

/** The word in capitals of a command's operands, `[TARGET...]`; null where it takes none. */
export function operandOf({ operands }: Pick<Command, 'operands'>): string | null {
  return /[A-Z]+/.exec(operands)?.[0] ?? null;
}

/** Options that every command takes. */
export const commonOptions: readonly Option[] = COMMON_OPTIONS.map(option);

/** Those of lvmedic without a command. */
export const guidedOptions: readonly Option[] = guidedCommand.options.map(option);

/** A command's own options. */
export function ownOptions(command: Command): Option[] {
  return command.options.map(option);
}

function option(name: keyof typeof OPTION_SPECS): Option {
  const spec: { readonly help: string; readonly value?: string } = OPTION_SPECS[name];
  return { name, value: spec.value ?? null, help: spec.help };
}
