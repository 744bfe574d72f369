import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { takeLock } from '../../src/system/lock.ts';

let folder: string;
let file: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-lock-'));
  file = path.join(folder, 'lock');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true });
});

/** The number of a process that has ended. */
const ended = (): number => spawnSync('true').pid;

/** Each holds the lock for longer than the others need to try. Gives what each said. */
async function contend(count: number): Promise<string[]> {
  const lock = path.join(import.meta.dirname, '../../src/system/lock.ts');
  const script = `
    const { takeLock } = await import(${JSON.stringify(lock)});
    const lock = takeLock(${JSON.stringify(file)});
    console.log(lock.ok ? 'has the lock' : lock.error);
    if (lock.ok) setTimeout(() => lock.value.release(), 1500);
  `;
  return Promise.all(
    Array.from({ length: count }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      let said = '';
      child.stdout.on('data', (text) => {
        said += text;
      });
      await once(child, 'close');
      return said.trim();
    }),
  );
}

const holders = (said: readonly string[]): string[] => said.filter((each) => each === 'has the lock');

describe('one writer at a time', () => {
  test('who comes second is told who is at work; once it is done, the next may', () => {
    const first = takeLock(file);
    expect(first.ok).toBe(true);
    const second = takeLock(file);
    expect(second.ok || second.error).toContain(`another lvmedic is at work (process ${process.pid})`);
    if (first.ok) first.value.release();
    expect(fs.readdirSync(folder)).toEqual([]);
    expect(takeLock(file).ok).toBe(true);
  });

  test('of three that wait for the last command of a killed run, one gets the lock', async () => {
    const killed = ended();
    fs.writeFileSync(file, `${killed} 12345\n`);
    const command = spawn('sleep', ['2'], { env: { ...process.env, LVMEDIC_PID: `${killed}` } });
    children.push(command);
    const said = await contend(3);
    expect(holders(said), said.join('\n')).toHaveLength(1);
    expect(said.join('\n')).toMatch(/another lvmedic is at work \(process \d+\)/);
    expect(fs.readdirSync(folder)).toEqual([]);
  }, 20_000);

  test.each([
    ['whose process number belongs to another by now', () => `${process.pid} 1\n`],
    ['that was killed while it removed the lock of one before', () => `${ended()} 12345\n`],
    ['that says nothing', () => ''],
    ['that says nothing of use', () => `${ended()}\n`],
  ])('the lock of a killed run %s is no obstacle', (_, content) => {
    fs.writeFileSync(file, content());
    fs.writeFileSync(`${file}.stale`, content());
    const lock = takeLock(file);
    expect(lock.ok || lock.error).toBe(true);
    expect(fs.readdirSync(folder)).toEqual(['lock']);
  });

  test('nor is that of a killed run whose end its parent has not noticed', async () => {
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60']);
    children.push(parent);
    const [said] = await once(parent.stdout, 'data');
    const pid = Number(said);
    const stat = () => fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
    fs.writeFileSync(file, `${pid} ${stat()[21]}\n`);
    const whileItRuns = takeLock(file);
    expect(whileItRuns.ok || whileItRuns.error).toContain(`another lvmedic is at work (process ${pid})`);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => stat()[2]).toBe('Z');
    const lock = takeLock(file);
    expect(lock.ok || lock.error).toBe(true);
  });

  test('a lock that cannot be read is an error, and no endless loop', () => {
    fs.mkdirSync(file);
    const lock = takeLock(file);
    expect(lock.ok || lock.error).toContain('could not be taken');
  });
});
