import assert from 'node:assert/strict';
import type { Guest } from '../guest/guest.ts';
import type { GuestReport } from '../guest/marker.ts';

export interface CameUp {
  /** What its summary says was wrong; nothing about it, when absent. */
  readonly fault?: string;
  /** What lvmedic activated in the initramfs, and nothing else: root alone, when absent. */
  readonly activated?: readonly string[] | 'any';
  /** Whether the metadata was changed: then there is an undo record. */
  readonly isRepaired?: boolean;
  /** Without the package in the running system nothing tells of it there: what it would tell waits in memory. */
  readonly isInstalled?: boolean;
}

/** Waits for the running system, and holds it against what must be: payload, volumes, and lvmedic's own report. */
export async function comesUp(guest: Guest, expected: CameUp = {}): Promise<GuestReport> {
  const report = await guest.report();
  const { sections } = report;
  assert.deepEqual(report.payloadProblems, [], 'files in the guest are not what was laid there');
  assert.deepEqual(report.failedUnits, [], 'units of the guest failed');
  if (expected.fault === undefined) return report;
  if (expected.isInstalled === false) {
    assert.match(sections.get('carried-over') ?? '', /^\/run\/initramfs\/lvmedic-boot:\n.*\n.* summary$/m);
    return report;
  }
  const told = sections.get('report') ?? '';
  assert.match(told, /lvmedic helped this machine to boot/, 'the journal of lvmedic-report.service');
  assert(told.includes(expected.fault), `the report names another fault than ${expected.fault}:\n${told}`);
  assert(sections.get('motd')?.includes(expected.fault), 'the motd does not tell');
  const kept = sections.get('carried-over') ?? '';
  assert.match(kept, /\/var\/lib\/lvmedic\/boots:[\s\S]*\.log/, 'the log was not carried over');
  if (expected.isRepaired ?? true)
    assert.match(kept, /\/var\/lib\/lvmedic\/undo\/\d{8}-\d{6}:\n[\s\S]*record\.json/);
  assert.match(sections.get('kernel-log') ?? '', /lvmedic: /, 'the kernel log does not tell');
  if (expected.activated === 'any') return report;
  const said = [...guest.console.text.matchAll(/^Activated: (.*)\.$/gm)].map(([, names = '']) => names);
  assert.deepEqual([...new Set(said)].sort(), [...(expected.activated ?? ['vm1-vg/root'])].sort());
  return report;
}

/** Every LV of the restored volume group is active and none lacks a part. */
export function allWhole({ lvs }: GuestReport): void {
  const states = lvs.map(({ name, isActive, attributes }) => [name, isActive, attributes[8]]);
  const whole = ['home', 'root', 'swap_1'].map((name) => [name, true, '-']);
  assert.deepEqual(states.sort(), whole);
}

/** Nothing of lvmedic ran, nothing was printed. */
export function wentUnnoticed({ console }: Guest, report: GuestReport): void {
  const boot = console.text.slice(0, console.text.indexOf('GUEST-UP'));
  assert.doesNotMatch(boot.replaceAll(/(BOOT_IMAGE|command line|rd\.lvmedic)[^\n]*/gi, ''), /lvmedic/i);
  const left = report.sections.get('carried-over') ?? '';
  assert.doesNotMatch(left, /lvmedic-boot|lvmedic\.log|tried/, 'lvmedic ran');
  // Under auto the hooks note since when they wait.
  if (!/rd\.lvmedic=auto/.test(report.sections.get('command-line') ?? '')) {
    assert.match(left, /cannot access '\/run\/lvmedic'/);
  }
  assert.equal(report.sections.get('motd')?.trim(), '');
  assert.equal(report.sections.get('kernel-log')?.trim(), '');
}
