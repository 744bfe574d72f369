import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the pane's scripts leave in their folder. */
export const PANE_FILES = {
  /** Made by us: the command may begin. */
  go: 'go',
  sttyBefore: 'stty-before',
  started: 'started',
  /** The command's exit status, 128 and the signal's number when one ended it. */
  status: 'status',
} as const;

/**
 * Writes the scripts of a pane and gives its command. The command runs two shells deep, as it does for a person: the
 * outer one has the terminal, and stays when the command has ended; when the terminal goes away it is the one that dies,
 * and the kernel hangs up on the rest. The inner one lives through that, to write down how the command ended.
 */
export function writePaneScripts(
  folder: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): string {
  const at = (name: string) => shellWord(join(folder, name));
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const line = ['env', '-i', ...variables, ...command].map(shellWord).join(' ');
  const { go, sttyBefore, started, status } = PANE_FILES;
  writeFileSync(
    join(folder, 'inner.sh'),
    `trap : HUP INT QUIT
stty -g > ${at(sttyBefore)}
until [ -e ${at(go)} ]; do sleep 0.02; done
: > ${at(started)}
${line}
echo $? > ${at('status.part')}
mv ${at('status.part')} ${at(status)}
`,
  );
  writeFileSync(
    join(folder, 'outer.sh'),
    `trap : INT QUIT
sh ${at('inner.sh')}
while :; do sleep 3600; done
`,
  );
  return `exec sh ${at('outer.sh')}`;
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
