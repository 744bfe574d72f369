import { parseArgs } from 'node:util';
import { POLICIES, type Policy } from '../model/finding.ts';
import { err, ok, type Result } from '../model/result.ts';
import type { Command, OptionName, Options } from './command.ts';

interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly value?: string;
  readonly help: string;
}

/** Every option there is, once: parsed here, printed by help.ts. */
export const OPTION_SPECS = {
  unattended: { type: 'boolean', help: 'ask nothing; do what the policy allows' },
  policy: { type: 'string', value: 'POLICY', help: 'report, safe (the default), degraded or lossy' },
  remedy: { type: 'string', value: 'ID', help: 'carry out this remedy, as diagnose names it; needs --vg' },
  vg: { type: 'string', value: 'NAME|UUID', help: 'the volume group that --remedy is for' },
  'dry-run': { type: 'boolean', help: 'stop after the rehearsal; change nothing' },
  ask: {
    type: 'boolean',
    help: 'as the initramfs does before its emergency shell opens: say what is wrong, offer',
  },
  auto: { type: 'boolean', help: 'as the initramfs does unattended: repair by rd.lvmedic.policy, go on' },
  list: { type: 'boolean', help: 'list the undo records' },
  screen: { type: 'boolean', help: 'the full screen on a serial console, too' },
  json: { type: 'boolean', help: 'events as JSON, one a line; the last line is the result' },
  'no-color': { type: 'boolean', help: 'no colours (also by NO_COLOR)' },
  plain: { type: 'boolean', help: 'lines and numbered questions (also by TERM=dumb, ACCESSIBLE=1)' },
  log: { type: 'string', value: 'FILE', help: 'write the log there' },
  'state-dir': { type: 'string', value: 'DIR', help: 'keep undo records and logs there' },
  lvm: { type: 'string', value: 'PATH', help: 'the lvm to use' },
  verbose: { type: 'boolean', help: 'show every command and what it printed' },
  help: { type: 'boolean', help: 'show this' },
  version: { type: 'boolean', help: 'show the version' },
} as const satisfies Record<string, OptionSpec>;

export const COMMON_OPTIONS = [
  'json',
  'no-color',
  'plain',
  'log',
  'state-dir',
  'lvm',
  'verbose',
  'help',
  'version',
] as const;

export interface Parsed {
  readonly options: Options;
  readonly operands: readonly string[];
  readonly help: boolean;
  readonly version: boolean;
}

/** Reads the arguments of a command (null: none was named). Fails with what is wrong and how to see what is right. */
export function parseOptions(args: readonly string[], command: Command | null): Result<Parsed, string> {
  const known: readonly string[] = [...COMMON_OPTIONS, ...(command?.options ?? [])];
  const specs = Object.entries(OPTION_SPECS).filter(([name]) => known.includes(name));
  const see = `See: lvmedic ${command ? `${command.name} ` : ''}--help`;
  let values: Partial<Record<OptionName | (typeof COMMON_OPTIONS)[number], string | boolean>>;
  let operands: string[];
  try {
    const options = Object.fromEntries(specs.map(([name, { type }]) => [name, { type }]));
    ({ values, positionals: operands } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
    }));
  } catch (error) {
    return err(`${error instanceof Error ? error.message.split('. ')[0] : error}. ${see}`);
  }
  const text = (name: keyof typeof values): string | null => {
    const value = values[name];
    return typeof value === 'string' ? value : null;
  };
  const policy = text('policy');
  if (policy !== null && !isPolicy(policy))
    return err(`unknown policy "${policy}": report, safe, degraded or lossy. ${see}`);
  if ((text('remedy') === null) !== (text('vg') === null)) {
    return err(`--remedy and --vg go together: which remedy, for which volume group. ${see}`);
  }
  return ok({
    operands,
    help: values.help === true,
    version: values.version === true,
    options: {
      json: values.json === true,
      unattended: values.unattended === true,
      dryRun: values['dry-run'] === true,
      list: values.list === true,
      verbose: values.verbose === true,
      plain: values.plain === true,
      screen: values.screen === true,
      noColor: values['no-color'] === true,
      policy,
      hook: values.ask === true ? 'ask' : values.auto === true ? 'auto' : null,
      remedy: text('remedy'),
      vg: text('vg'),
      log: text('log'),
      stateDir: text('state-dir'),
      lvm: text('lvm'),
    },
  });
}

export function isPolicy(text: string): text is Policy {
  return text !== 'ask' && text !== 'config' && (POLICIES as readonly string[]).includes(text);
}
