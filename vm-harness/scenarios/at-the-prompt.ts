import assert from 'node:assert/strict';
import { FLAVOURS, type Flavour } from '../guest/suites.ts';
import { allWhole, comesUp } from './expectations.ts';
import { acceptRepair, answer, answerPage, awaitOffer, goOn, OFFER, pick, takeShell } from './person.ts';
import { incident, SHORT_WAIT } from './pick-recipe.ts';
import type { Scenario } from './scenario.ts';

/** What a tired person does at a serial console. */

const CTRL_C = '\x03';
const FAULT = 'lvm2-pv-marked-missing';
const common = {
  suite: 'bookworm',
  mode: 'hook',
  recipe: incident('a1-archive'),
  kernelArguments: SHORT_WAIT,
} as const;
/** Cases of one flavour begin at the same offer. */
const fromOffer = { ...common, from: OFFER } as const;

const changesMind = (flavour: Flavour): Scenario => ({
  ...fromOffer,
  ...{ flavour, way: 'offer', id: `prompt/bookworm/${flavour}/hook/changes-mind` },
  title: 'a wrong answer, a closer look through every page, no, and in the shell yes',
  play: async (guest) => {
    const { console } = guest;
    await awaitOffer(console);
    console.line('9');
    await console.waitFor(/Please answer with a number from 1 to 3/);
    await console.waitFor(/Enter for 1[^\n]*:/);
    console.line('two');
    await console.waitFor(/Please answer with a number from 1 to 3/);
    await console.waitFor(/Enter for 1[^\n]*:/);
    console.line('2');
    await answerPage(console, /This machine:\n[\s\S]*boot waits for it/, '2');
    await answerPage(console, /How do you know\?\n[^\n]*MISSING/, '1');
    await answerPage(console, /What can be done:[\s\S]*--restoremissing vm1-vg/, '1');
    await answerPage(console, /The rehearsal:[\s\S]*Afterwards:/, '1');
    await answer(console, 'n');
    await answerPage(console, /The rehearsal:/, 'q');
    await console.waitForShell();
    console.line('lvmedic repair');
    await answer(console, 'y');
    await console.waitFor(/Repaired and verified/);
    await console.waitForShell();
    const boot = await console.shell('lvmedic boot');
    assert.match(boot.output, /Boot needs vm1-vg\/root .*: it is active/);
    console.leaveShell();
    allWhole(await comesUp(guest, { fault: FAULT }));
  },
});

const guidedThrough = (flavour: Flavour): Scenario => ({
  ...fromOffer,
  ...{ flavour, way: 'offer', id: `prompt/bookworm/${flavour}/hook/guided` },
  title: 'a closer look at the offer leads through every page to the repair, and boot goes on',
  play: async (guest) => {
    const { console } = guest;
    pick(console, await awaitOffer(console), /Look closer/);
    await answerPage(console, /This machine:/, '');
    await answerPage(console, /What can be done:/, '');
    await answerPage(console, /The rehearsal:/, '');
    await answer(console, 'y');
    await answerPage(console, /The result:[\s\S]*1\) Continue boot/, '');
    allWhole(await comesUp(guest, { fault: FAULT }));
  },
});

/** As in docs/unattended.md: what needs a person is never done unasked, and offered where a person is. */
const undoesInSession: Scenario = {
  ...fromOffer,
  ...{ flavour: 'dracut', way: 'shell', id: 'prompt/bookworm/dracut/hook/guided-undo' },
  title:
    'repaired in the guided repair, undone in it, repaired again, and boot goes on when the shell is left',
  play: async (guest) => {
    const { console } = guest;
    await takeShell(console);
    console.line('lvmedic');
    await answerPage(console, /This machine:/, '');
    await answerPage(console, /What can be done:/, '');
    await answerPage(console, /The rehearsal:/, '');
    await answer(console, 'y');
    await answerPage(console, /The result:[\s\S]*3\) Undo/, '3');
    await console.waitFor(/Take the repair back now\? \(y\/N\)/);
    console.line('y');
    await answerPage(console, /Undone: [\s\S]*every byte read\s+again/, '');
    await answerPage(console, /This machine:[\s\S]*MISSING/, '');
    await answerPage(console, /What can be done:/, '');
    await answerPage(console, /The rehearsal:/, '');
    await answer(console, 'y');
    await answerPage(console, /The result:[\s\S]*1\) Continue boot/, '');
    await console.waitFor(/Leave this shell/);
    await console.waitForShell();
    console.leaveShell();
    allWhole(await comesUp(guest, { fault: FAULT }));
  },
};

const interrupts = (flavour: Flavour): Scenario => ({
  ...fromOffer,
  ...{ flavour, way: 'offer', id: `prompt/bookworm/${flavour}/hook/ctrl-c` },
  title: 'Ctrl-C at the offer opens the shell with a sane terminal, and nothing was written',
  play: async (guest) => {
    const { console } = guest;
    await awaitOffer(console);
    console.send(CTRL_C);
    await console.waitFor(/In the shell that opens now: lvmedic diagnose/);
    await console.waitForShell();
    const terminal = await console.shell('stty -a 2>/dev/null || busybox stty -a');
    if (terminal.status === 0) assert.match(terminal.output, /(^|\s)icanon[\s;]/);
    const { output } = await console.shell('ls /run/lvmedic /run/initramfs/lvmedic/undo');
    assert.doesNotMatch(output, /\d{8}-\d{6}/, 'there is no undo record');
    const repair = await console.shell('lvmedic repair --unattended', { seconds: 240 });
    assert.match(repair.output, /Repaired and verified/);
    console.leaveShell();
    allWhole(await comesUp(guest, { fault: FAULT }));
  },
});

const nobodyThere: Scenario = {
  ...common,
  ...{ flavour: 'initramfs-tools', way: 'nobody', id: 'prompt/bookworm/initramfs-tools/hook/timeout' },
  title: 'nobody answers: after rd.lvmedic.timeout the shell opens as it always did',
  kernelArguments: ['rd.lvmedic.timeout=5'],
  play: async (guest) => {
    const { console } = guest;
    const offer = await awaitOffer(console);
    assert.match(offer, /Repair/);
    assert.match(console.text, /Enter for 1; the shell opens in 5 s:/);
    await console.waitFor(/In the shell that opens now/, { seconds: 60 });
    await console.waitForShell();
    const repair = await console.shell('lvmedic repair --unattended', { seconds: 240 });
    assert.match(repair.output, /Repaired and verified/);
    console.leaveShell();
    allWhole(await comesUp(guest, { fault: FAULT }));
  },
};

const longWait: Scenario = {
  ...common,
  ...{ flavour: 'dracut', way: 'offer', id: 'prompt/bookworm/dracut/hook/default-wait' },
  title: "dracut's own wait of three minutes and more, then the offer",
  kernelArguments: [],
  play: async (guest) => {
    await acceptRepair(guest.console, await awaitOffer(guest.console, { seconds: 500 }));
    allWhole(await comesUp(guest, { fault: FAULT }));
  },
};

const looksAroundAfterwards: Scenario = {
  ...fromOffer,
  ...{ flavour: 'dracut', way: 'offer', id: 'prompt/bookworm/dracut/hook/shell-after-repair' },
  title: 'repaired, and then the shell to look around before the boot goes on',
  play: async (guest) => {
    const { console } = guest;
    pick(console, await awaitOffer(console), /Repair/);
    await answer(console, 'y');
    await takeShell(console);
    const lvs = await console.shell('lvm lvs --noheadings -o lv_name,lv_attr vm1-vg');
    assert.match(lvs.output, /root +-wi-a-----/);
    console.leaveShell();
    allWhole(await comesUp(guest, { fault: FAULT }));
  },
};

const undoes: Scenario = {
  ...fromOffer,
  ...{ flavour: 'initramfs-tools', way: 'shell', id: 'prompt/bookworm/initramfs-tools/hook/undo' },
  title: 'repaired, undone byte for byte in the shell, and offered again',
  play: async (guest) => {
    const { console } = guest;
    await takeShell(console);
    const hash = () => console.shell('dd if=/dev/sda2 bs=64k count=16 2>/dev/null | sha256sum');
    const before = (await hash()).output;
    await console.shell('lvmedic repair --unattended', { seconds: 240 });
    assert.notEqual((await hash()).output, before);
    await console.shell('lvm vgchange -an vm1-vg');
    const undo = await console.shell('lvmedic undo --unattended', { seconds: 240 });
    assert.equal(undo.status, 0, undo.output);
    assert.equal((await hash()).output, before);
    console.leaveShell();
    pick(console, await awaitOffer(console), /Repair/);
    await answer(console, 'y');
    await goOn(console);
    allWhole(await comesUp(guest, { fault: FAULT }));
  },
};

/** docs/shell-open-now.md, word for word. */
const notInstalled = (flavour: Flavour): Scenario => ({
  ...common,
  ...{ flavour, mode: 'none', way: 'shell', id: `not-installed/bookworm/${flavour}/none/medium` },
  title:
    'the shell is open and lvmedic is not installed: it comes on a disk, and keeps its undo records there',
  medium: true,
  always: flavour === 'initramfs-tools',
  play: async (guest) => {
    const { console } = guest;
    await console.waitForShell({ seconds: 240 });
    const found = await console.shell('blkid');
    const [, disk = ''] = /^(\/dev\/\w+): .*LABEL="MEDIC"/m.exec(found.output) ?? [];
    await console.shell(`mkdir /run/medic; mount -t ext4 ${disk} /run/medic`);
    console.line('/run/medic/lvmedic repair --state-dir /run/medic/records');
    await answer(console, 'y');
    await console.waitFor(/Repaired and verified/);
    await console.waitForShell();
    const records = await console.shell('ls /run/medic/records/undo');
    assert.match(records.output, /^\d{8}-\d{6}$/m);
    await console.shell('umount /run/medic');
    console.leaveShell();
    allWhole(await comesUp(guest));
  },
});

export const promptTable: readonly Scenario[] = [
  ...FLAVOURS.map(changesMind),
  ...FLAVOURS.map(guidedThrough),
  undoesInSession,
  ...FLAVOURS.map(interrupts),
  nobodyThere,
  longWait,
  looksAroundAfterwards,
  undoes,
  ...FLAVOURS.map(notInstalled),
];
