import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { usualOrder } from '../../scripts/packages/order.ts';
import { stageTree } from '../../scripts/packages/staged-tree.ts';
import { removeTemporaryFolders, run, temporaryFolder } from '../../vm-harness/lab/host.ts';
import { openTerminal } from '../../vm-harness/terminal/terminal.ts';

/** The completions as the package installs them, in the real shells, as a person at a terminal gets them. */

/** Without a common beginning, which shells would complete first. */
const RECORDS = ['20261121-031500', '19991231-235959'];

let folder: string;
let tree: string;
beforeAll(() => {
  folder = temporaryFolder('lvmedic-completions-');
  tree = path.join(folder, 'tree');
  fs.mkdirSync(tree);
  const write = (name: string, content: string, mode = 0o644) => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), content, { mode });
  };
  write(
    'bin/lvmedic',
    `#!/bin/sh\n${RECORDS.map((id) => `echo "${id}  repair  done  vg0  /dev/sda"`).join('\n')}\n`,
    0o755,
  );
  write('home/disk one.img', '');
  write('home/images/a', '');
  const share = path.join(tree, 'usr/share');
  write('bashrc', `PS1='> '; . /usr/share/bash-completion/bash_completion\n`);
  // The user's own folder of functions, which zsh looks into as into the system's.
  write(
    'zdot/.zshrc',
    `PS1='> '; fpath=(${share}/zsh/vendor-completions $fpath); autoload -U compinit; compinit -u -D\n`,
  );
  stageTree(tree, 'deb', { ...usualOrder('amd64'), program: path.join(folder, 'bin/lvmedic') });
});
afterAll(removeTemporaryFolders);

const SHELLS = {
  bash: () => ['bash', '--noprofile', '--rcfile', path.join(folder, 'bashrc'), '-i'],
  zsh: () => ['zsh', '-d', '-i'],
  fish: () => ['fish', '-i'],
} as const;

/** What each shell shows or writes when the Tab key was pressed. */
const TABLE: readonly (readonly [typed: string, wanted: readonly string[], unwanted: readonly string[]])[] = [
  ['lvmedic re', ['lvmedic repair '], []],
  ['lvmedic repair --un', ['lvmedic repair --unattended '], []],
  ['lvmedic undo --li', ['lvmedic undo --list '], []],
  ['lvmedic boot --po', ['--policy'], ['--unattended']],
  ['lvmedic repair --policy deg', ['lvmedic repair --policy degraded'], []],
  ['lvmedic repair --policy=deg', ['lvmedic repair --policy=degraded'], []],
  ['lvmedic repair --policy ', ['report', 'safe', 'degraded', 'lossy'], ['config']],
  ['lvmedic undo ', RECORDS, ['images']],
  ['lvmedic explain lvm2-lab', ['lvmedic explain lvm2-label-damaged'], []],
  ['lvmedic diagnose dis', ['lvmedic diagnose disk\\ one.img'], []],
  ['lvmedic diagnose --state-dir ', ['images/'], ['disk']],
  ['lvmedic ', ['diagnose', 'repair', 'undo', 'boot', 'explain'], []],
];

describe.each(Object.entries(SHELLS))('%s', (name, command) => {
  // They wait most of the time.
  test.concurrent.for(TABLE)('%s', async ([typed, wanted, unwanted], { expect }) => {
    const terminal = await openTerminal({
      command: ['sh', '-c', 'cd "$0" && exec "$@"', path.join(folder, 'home'), ...command()],
      columns: 200,
      name: 'completions',
      env: {
        PATH: `${folder}/bin:${process.env.PATH}`,
        HOME: path.join(folder, 'home'),
        ZDOTDIR: path.join(folder, 'zdot'),
        XDG_DATA_DIRS: `${tree}/usr/share`,
      },
    });
    try {
      await terminal.waitFor(/^.*[>#] *$/m, { seconds: 30 });
      terminal.type(typed);
      await terminal.waitFor(typed.trimEnd(), { seconds: 30 });
      terminal.keys('Tab');
      await terminal.waitUntilQuiet();
      // bash shows several only when it is asked again.
      terminal.keys('Tab');
      for (const word of wanted) await terminal.waitFor(word.trimEnd(), { seconds: 30 });
      const screen = await terminal.waitUntilQuiet();
      terminal.keep(`${name}: ${typed}`);
      for (const word of unwanted) expect(screen).not.toContain(word);
    } finally {
      terminal.close();
    }
  });
});

test('every shell takes the file without a complaint', () => {
  const share = path.join(tree, 'usr/share');
  run('bash', ['-n', path.join(share, 'bash-completion/completions/lvmedic')]);
  run('zsh', ['-n', path.join(share, 'zsh/vendor-completions/_lvmedic')]);
  run('fish', ['--no-execute', path.join(share, 'fish/vendor_completions.d/lvmedic.fish')]);
});
