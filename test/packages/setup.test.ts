import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { shippedFiles } from '../../scripts/packages/files.ts';

const repository = path.resolve(import.meta.dirname, '../..');
const PROGRAM = 'the program\n';

// Each test starts dozens of processes, and guests may run beside them.
vi.setConfig({ testTimeout: 60_000 });

let work: string;
beforeAll(() => {
  work = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-setup-'));
});
afterAll(() => fs.rmSync(work, { recursive: true }));

/**
 * An installed system in a folder: the real scripts, with their paths turned into it, among tools that tell how they
 * were called. `findmnt` knows /boot, an ext4 on /dev/null, unless told otherwise.
 */
class Machine {
  readonly folder = fs.mkdtempSync(path.join(work, 'm'));

  constructor() {
    for (const source of shippedFiles) {
      if (/^usr\/(lib\/lvmedic|share\/initramfs-tools|sbin)\//.test(source.target)) {
        this.write(source.target, this.#moved(source.source), source.isProgram);
      }
    }
    for (const script of ['postinst', 'prerm', 'postrm']) {
      this.write(`debian/${script}`, this.#moved(`initramfs/debian/${script}`), true);
    }
    this.write('usr/bin/lvmedic', PROGRAM, true);
    this.write(
      'usr/share/initramfs-tools/hook-functions',
      'copy_exec() { cp "$1" "$DESTDIR"; }\nmanual_add_modules() { echo "modules $*"; }',
    );
    for (const kernel of ['1', '2']) {
      this.write(`boot/vmlinuz-${kernel}`, '');
      this.write(`boot/initrd.img-${kernel}`, 'old');
      fs.mkdirSync(this.at(`lib/modules/${kernel}`), { recursive: true });
      fs.utimesSync(this.at(`boot/initrd.img-${kernel}`), 1e9, 1e9);
    }
    this.tool('lvmedic-setup', `exec "${this.at('usr/sbin/lvmedic-setup')}" "$@"`);
    this.tool('dpkg-trigger', `echo "dpkg-trigger $*" >>"${this.at('calls')}"`);
    this.tool('update-initramfs', this.updateInitramfs('touch "$image"'));
    this.tool('blkid', 'echo 1234-ABCD');
    this.isBootOn('/dev/null');
  }

  at(name: string): string {
    return path.join(this.folder, name);
  }

  write(name: string, content: string, isProgram = false): void {
    fs.mkdirSync(path.dirname(this.at(name)), { recursive: true });
    fs.writeFileSync(this.at(name), content, { mode: isProgram ? 0o755 : 0o644 });
  }

  tool(name: string, script: string): void {
    this.write(`bin/${name}`, `#!/bin/sh\n${script}\n`, true);
  }

  /** Tells its arguments, whether lvmedic is left out, and which of the files on /boot are still there. */
  updateInitramfs(make: string): string {
    return `echo "update-initramfs $* \${LVMEDIC_LEAVE_OUT:+without} $(cd "${this.at('boot')}"; echo lvmedic/*)" >>"${this.at('calls')}"
      for image in "${this.at('boot')}"/initrd.img-*; do ${make}; done`;
  }

  /** `[ -b` must hold, so it is a name that no test asks for; `null` is a chroot, which knows no mounts. */
  isBootOn(device: string | null): void {
    const script = `case $4 in TARGET) echo "${this.at('boot')}" ;; SOURCE) echo ${device} ;; FSTYPE) echo ext4 ;; FSROOT) echo / ;; esac`;
    this.tool('findmnt', device === null ? 'exit 1' : script);
  }

  configure(...lines: string[]): void {
    this.write(
      'etc/lvmedic.conf',
      lines.map((line) => `${line.replace('=/', `=${this.folder}/`)}\n`).join(''),
    );
  }

  run(script: string, ...args: string[]): { status: number | null; output: string; calls: string[] } {
    fs.rmSync(this.at('calls'), { force: true });
    const result = spawnSync('sh', [this.at(script), ...args], {
      encoding: 'utf8',
      env: {
        PATH: `${this.at('bin')}:${process.env.PATH}`,
        DESTDIR: this.at('initramfs'),
        MODULES: 'most',
        version: '1',
      },
    });
    const calls = fs.existsSync(this.at('calls')) ? fs.readFileSync(this.at('calls'), 'utf8') : '';
    return {
      status: result.status,
      output: `${result.stdout}${result.stderr}`.replaceAll(this.folder, ''),
      calls: calls.split('\n').slice(0, -1),
    };
  }

  has(name: string): boolean {
    return fs.existsSync(this.at(name));
  }

  #moved(source: string): string {
    return fs
      .readFileSync(path.join(repository, source), 'utf8')
      .replace(
        /(?<![\w}*.])\/(boot|usr\/(lib\/lvmedic|bin\/lvmedic|share\/initramfs-tools)|var\/lib\/lvmedic|etc\/(lvmedic|kernel)|lib\/modules)/g,
        `${this.folder}$&`,
      )
      .replaceAll('[ -b "$lvmedic_place_source" ]', '[ -e "$lvmedic_place_source" ]');
  }
}

describe('lvmedic-setup', () => {
  test('makes every initramfs anew, not the newest alone', () => {
    const machine = new Machine();
    machine.configure('MODE=hook');
    expect(machine.run('usr/sbin/lvmedic-setup')).toEqual({
      status: 0,
      output: '',
      calls: ['update-initramfs -u -k all  lvmedic/lvmedic'],
    });
    expect(machine.has('boot/lvmedic/lvmedic')).toBe(true);
  });

  test('a file that an initramfs looks for goes only when each was made anew', () => {
    const machine = new Machine();
    machine.configure('MODE=hook');
    machine.run('usr/sbin/lvmedic-setup');
    machine.configure('MODE=embed');
    machine.tool('update-initramfs', machine.updateInitramfs('exit 1'));
    expect(machine.run('usr/sbin/lvmedic-setup')).toMatchObject({ status: 1 });
    // It succeeds and does nothing where its settings say so.
    machine.tool('update-initramfs', machine.updateInitramfs('touch -d 2001-01-01 "$image"'));
    const kept = machine.run('usr/sbin/lvmedic-setup');
    expect(kept.status).toBe(1);
    expect(kept.output).toContain('an older initramfs may look for it: /boot/lvmedic/lvmedic');
    expect(machine.has('boot/lvmedic/lvmedic')).toBe(true);
    machine.tool('update-initramfs', machine.updateInitramfs('touch "$image"'));
    expect(machine.run('usr/sbin/lvmedic-setup')).toMatchObject({
      status: 0,
      calls: ['update-initramfs -u -k all  lvmedic/lvmedic'],
    });
    expect(machine.has('boot/lvmedic')).toBe(false);
  });

  test('another FILE= leaves none of 32 MB behind, and there and back none is lost', () => {
    const machine = new Machine();
    machine.configure('MODE=hook');
    machine.run('usr/sbin/lvmedic-setup');
    machine.configure('MODE=hook', 'FILE=/boot/elsewhere');
    machine.run('usr/sbin/lvmedic-setup');
    expect([machine.has('boot/lvmedic'), machine.has('boot/elsewhere')]).toEqual([false, true]);
    machine.configure('MODE=hook');
    machine.run('usr/sbin/lvmedic-setup', '--files');
    machine.configure('MODE=hook', 'FILE=/boot/elsewhere');
    machine.run('usr/sbin/lvmedic-setup');
    expect([machine.has('boot/lvmedic'), machine.has('boot/elsewhere')]).toEqual([false, true]);
  });

  test.each(['MODE=embed', 'MODE=append'])('FILE= may name the program itself, which stays: %s', (mode) => {
    const machine = new Machine();
    machine.configure('MODE=hook', 'FILE=/usr/bin/lvmedic');
    machine.run('usr/sbin/lvmedic-setup');
    machine.configure(mode, 'FILE=/usr/bin/lvmedic');
    machine.run('usr/sbin/lvmedic-setup');
    machine.run('usr/sbin/lvmedic-setup', '--remove');
    expect(machine.has('usr/bin/lvmedic')).toBe(true);
  });

  test('in a chroot, auto keeps to what was found out before', () => {
    const machine = new Machine();
    machine.configure('MODE=auto');
    machine.run('usr/sbin/lvmedic-setup');
    machine.isBootOn(null);
    expect(machine.run('usr/sbin/lvmedic-setup')).toMatchObject({ status: 0, output: '' });
    expect(machine.has('boot/lvmedic/lvmedic')).toBe(true);
    expect(machine.run('usr/share/initramfs-tools/hooks/lvmedic').output).toBe('modules ext4\n');
    expect(fs.readFileSync(machine.at('initramfs/etc/lvmedic/place'), 'utf8')).toBe(
      '1234-ABCD ext4 /lvmedic/lvmedic\n',
    );
  });

  test('in a chroot where nothing is known, auto says what it does and takes no file away', () => {
    const machine = new Machine();
    machine.write('boot/lvmedic/lvmedic', PROGRAM);
    machine.isBootOn(null);
    expect(machine.run('usr/sbin/lvmedic-setup').output).toContain('it cannot be told');
    expect(machine.has('boot/lvmedic/lvmedic')).toBe(true);
  });

  test('MODE=hook with /boot on LVM is told of, here and when an initramfs is made', () => {
    const machine = new Machine();
    machine.write('dev/dm-0', '');
    machine.isBootOn(machine.at('dev/dm-0'));
    machine.configure('MODE=hook');
    expect(machine.run('usr/sbin/lvmedic-setup').output).toContain('which is not a plain partition');
    expect(machine.run('usr/share/initramfs-tools/hooks/lvmedic').output).toContain(
      'W: lvmedic: MODE=hook, but',
    );
  });
});

describe('the hook of initramfs-tools', () => {
  test.each([
    ['ext2', 'modules ext4\n'],
    ['ext3', 'modules ext4\n'],
    ['xfs', 'modules xfs\n'],
    ['auto', 'modules \n'],
  ])('modules for %s', (type, modules) => {
    const machine = new Machine();
    machine.configure('MODE=hook', 'PLACE_UUID=1', `PLACE_TYPE=${type}`);
    expect(machine.run('usr/share/initramfs-tools/hooks/lvmedic').output).toBe(modules);
  });

  test('a /boot without room for the program gets an initramfs without it, and a warning', () => {
    const machine = new Machine();
    machine.configure('MODE=embed');
    machine.tool('df', 'echo Filesystem; echo /dev/sda1 500000 400000 60000 80% /boot');
    fs.truncateSync(machine.at('boot/initrd.img-2'), 70e6);
    machine.write('initramfs/scripts/panic/lvmedic', '');
    const { status, output } = machine.run('usr/share/initramfs-tools/hooks/lvmedic');
    expect({ status, output }).toEqual({
      status: 0,
      output: expect.stringContaining('W: lvmedic: /boot has 58 MB free'),
    });
    expect(machine.has('initramfs/scripts/panic/lvmedic')).toBe(false);
    expect(machine.has('initramfs/lvmedic')).toBe(false);
  });
});

describe('the package', () => {
  test('is installed and removed: every initramfs is right before its file goes', () => {
    const machine = new Machine();
    machine.configure('MODE=hook');
    expect(machine.run('debian/postinst', 'configure').calls).toEqual([
      'dpkg-trigger --no-await lvmedic-initramfs',
    ]);
    expect(machine.run('debian/postinst', 'triggered', 'lvmedic-initramfs').calls).toEqual([
      'update-initramfs -u -k all  lvmedic/lvmedic',
    ]);
    expect(machine.run('debian/prerm', 'remove').calls).toEqual([
      'update-initramfs -u -k all without lvmedic/lvmedic',
    ]);
    expect(machine.has('boot/lvmedic')).toBe(false);
    expect(machine.run('debian/postrm', 'remove').calls).toEqual([]);
    expect(machine.run('debian/postrm', 'purge')).toMatchObject({ status: 0, calls: [] });
    expect(machine.has('var/lib/lvmedic')).toBe(false);
  });

  test('a removal that failed puts everything back', () => {
    const machine = new Machine();
    machine.configure('MODE=hook');
    machine.run('debian/postinst', 'configure');
    machine.run('debian/prerm', 'remove');
    expect(machine.run('debian/postinst', 'abort-remove').calls).toEqual([
      'dpkg-trigger --no-await lvmedic-initramfs',
    ]);
    expect(machine.has('boot/lvmedic/lvmedic')).toBe(true);
  });

  test('an initramfs that cannot be made breaks neither dpkg nor a later boot', () => {
    const machine = new Machine();
    machine.configure('MODE=hook');
    machine.tool('update-initramfs', machine.updateInitramfs('exit 1'));
    machine.run('debian/postinst', 'configure');
    expect(machine.run('debian/postinst', 'triggered')).toMatchObject({ status: 0 });
    expect(machine.run('debian/prerm', 'remove')).toMatchObject({ status: 0 });
    expect(machine.run('debian/postrm', 'remove').status).toBe(0);
    expect(machine.run('debian/postrm', 'purge').output).toContain('/boot/lvmedic/lvmedic');
    expect(machine.has('boot/lvmedic/lvmedic')).toBe(true);
  });

  test("answers its own trigger: everybody's is for the newest kernel alone", () => {
    expect(fs.readFileSync(path.join(repository, 'initramfs/debian/triggers'), 'utf8')).toBe(
      'interest-noawait lvmedic-initramfs\n',
    );
  });

  test('has the dracut module in a folder of its own name', () => {
    const module = shippedFiles.filter(({ target }) => target.includes('/dracut/'));
    expect(module.length).toBeGreaterThan(3);
    for (const { source, target } of module) {
      expect(source).toBe(target.replace('usr/lib/dracut/modules.d', 'initramfs/dracut'));
    }
  });

  test('has the pages that its README and they themselves link to', () => {
    const doc = 'usr/share/doc/lvmedic';
    const shipped = new Map(shippedFiles.map(({ source, target }) => [target, source]));
    const pages = [...shipped.keys()].filter((target) => target.startsWith(doc) && target.endsWith('.md'));
    const missing = pages.flatMap((page) => {
      const text = fs.readFileSync(path.join(repository, shipped.get(page) ?? ''), 'utf8');
      const links = [...text.matchAll(/\]\(([\w./-]+\.md)[)#]/g)].map(([, link = '']) =>
        path.join(path.dirname(page), link),
      );
      // tested-on.md is written by `npm run test:matrix`, and shipped from then on.
      return links.filter(
        (link) => link.startsWith(`${doc}/docs/`) && !link.endsWith('/tested-on.md') && !shipped.has(link),
      );
    });
    expect(pages.length).toBeGreaterThan(20);
    expect(missing).toEqual([]);
  });
});
