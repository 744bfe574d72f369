import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { Console } from '../../vm-harness/guest/console.ts';

let end = () => {};
afterEach(() => {
  vi.useRealTimers();
  end();
});

/** A guest's console at the harness's end, and the guest, which answers each line that is typed. */
async function consoleOf(guest: (line: string, say: (text: string) => void) => void): Promise<Console> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lvmedic-console-'));
  const file = path.join(folder, 'ttyS0');
  const server: Server = createServer((socket: Socket) => {
    let typed = '';
    socket.write('Press Enter for maintenance\r\n(or press Control-D to continue): ');
    socket.on('data', (bytes) => {
      typed += bytes;
      const lines = typed.split('\r');
      typed = lines.pop() ?? '';
      for (const line of lines) guest(line, (text) => socket.write(text));
    });
  });
  await new Promise<void>((resolve) => server.listen(file, resolve));
  const socket = connect(file);
  end = () => {
    socket.destroy();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return new Console(
    socket,
    () => {},
    () => 'a guest',
  );
}

test('sulogin drops the Enter that comes before it has set up the terminal: it is pressed again', async () => {
  const lines: string[] = [];
  const console = await consoleOf((line, say) => {
    lines.push(line);
    if (lines.length === 1) return;
    const [, mark = ''] = /^echo "R""(.*)"$/.exec(line) ?? [];
    say(mark === '' ? '# ' : `${line}\r\nR${mark}\r\n# `);
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let isOpen = false;
  const opened = console.waitForShell().then(() => {
    isOpen = true;
  });
  while (!isOpen && lines.length < 4) {
    vi.advanceTimersByTime(100);
    await new Promise(setImmediate);
  }
  await opened;
  expect(lines).toEqual(['', '', expect.stringMatching(/^echo/)]);
});
