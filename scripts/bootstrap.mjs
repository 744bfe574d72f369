/**
 * What `npm start` and `npm test` need before anything else, on a fresh clone with Node 20 or newer and npm: the npm
 * packages (the project's own Node 24 is one of them) and the Debian packages. Plain JavaScript, node built-ins only.
 */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..');
const projectBin = path.join(root, 'node_modules/.bin');
const exitOperational = 8;

/**
 * The only list of Debian packages. `needs` are executables, or absolute paths in which `*` stands for one folder;
 * when all of them exist, no package manager is asked.
 */
export const systemPackages = {
  build: [
    { name: 'binutils', needs: ['strip', 'readelf', 'ld'] },
    { name: 'gcc', needs: ['gcc'] },
    { name: 'musl-tools', needs: ['musl-gcc'] },
    { name: 'libzstd-dev', needs: ['/usr/include/zstd.h', '/usr/lib/*/libzstd.a'] },
  ],
  lab: [
    { name: 'lvm2', needs: ['lvm'] },
    { name: 'dmsetup', needs: ['dmsetup'] },
    { name: 'thin-provisioning-tools', needs: ['thin_check'] },
    { name: 'gdisk', needs: ['sgdisk'] },
    { name: 'parted', needs: ['parted'] },
    { name: 'e2fsprogs', needs: ['mkfs.ext4'] },
    { name: 'xfsprogs', needs: ['mkfs.xfs'] },
    { name: 'btrfs-progs', needs: ['mkfs.btrfs'] },
    { name: 'cryptsetup-bin', needs: ['cryptsetup'] },
    { name: 'mdadm', needs: ['mdadm'] },
    { name: 'mount', needs: ['mount', 'losetup'] },
    { name: 'util-linux', needs: ['unshare', 'lsblk'] },
    { name: 'zstd', needs: ['zstd'] },
    { name: 'xz-utils', needs: ['xz'] },
    { name: 'strace', needs: ['strace'] },
    { name: 'tmux', needs: ['tmux'] },
    { name: 'less', needs: ['less'] },
  ],
  /** To make packages, and to look at them as distributions and their shells do. */
  packages: [
    { name: 'rpm', needs: ['rpm', 'rpmbuild', 'rpm2cpio'] },
    { name: 'lintian', needs: ['lintian'] },
    { name: 'rpmlint', needs: ['rpmlint'] },
    { name: 'dnf', needs: ['dnf'] },
    { name: 'createrepo-c', needs: ['createrepo_c'] },
    { name: 'cpio', needs: ['cpio'] },
    { name: 'man-db', needs: ['man'] },
    { name: 'groff-base', needs: ['groff'] },
    { name: 'mandoc', needs: ['mandoc'] },
    { name: 'bash-completion', needs: ['/usr/share/bash-completion/bash_completion'] },
    { name: 'zsh', needs: ['zsh'] },
    { name: 'fish', needs: ['fish'] },
  ],
  arm64: [
    { name: 'binutils-aarch64-linux-gnu', needs: ['aarch64-linux-gnu-strip'] },
    { name: 'gcc-aarch64-linux-gnu', needs: ['aarch64-linux-gnu-gcc'] },
    { name: 'qemu-system-arm', needs: ['qemu-system-aarch64'] },
  ],
  vm: [
    { name: 'qemu-system-x86', needs: ['qemu-system-x86_64'] },
    { name: 'qemu-utils', needs: ['qemu-img'] },
    { name: 'busybox-static', needs: ['busybox'] },
    { name: 'mmdebstrap', needs: ['mmdebstrap'] },
  ],
  iso: [
    { name: 'mmdebstrap', needs: ['mmdebstrap'] },
    { name: 'dosfstools', needs: ['mkfs.vfat'] },
    { name: 'mtools', needs: ['mcopy'] },
    {
      name: 'ovmf',
      needs: ['/usr/share/OVMF/OVMF_CODE_4M.secboot.fd', '/usr/share/OVMF/OVMF_VARS_4M.ms.fd'],
    },
  ],
};

/** Installs the npm packages unless node_modules holds exactly what package-lock.json asks for. */
export function ensureNodeModules() {
  if (nodeModulesMatchLock()) return;
  say('installing npm packages …');
  // No package of ours needs its install script, so none runs.
  const options = ['--ignore-scripts', '--no-audit', '--no-fund'];
  // `npm ci` refuses a lock file made with a registry that lacks other systems' optional packages. `npm install`
  // takes the same versions with the same checksums from it, and --no-save leaves it as it is.
  const isAccepted = runNpm(['ci', '--dry-run', ...options], 'ignore') === 0;
  const args = [...(isAccepted ? ['ci'] : ['install', '--no-save']), ...options];
  if (runNpm(args) !== 0) fail(`npm ${args.join(' ')} failed. Its message above says why.`);
}

function nodeModulesMatchLock() {
  const wanted = packagesOf('package-lock.json');
  const present = packagesOf('node_modules/.package-lock.json');
  if (!wanted || !present || !fs.existsSync(path.join(projectBin, 'node'))) return false;
  return Object.entries(wanted).every(([folder, { version, optional }]) => {
    const found = present[folder];
    return folder === '' || (found ? found.version === version : optional === true);
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(fs.readFileSync(path.join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Installs those of the given packages whose files are missing; as somebody else than root it names them and ends. */
export function ensureSystemPackages(list) {
  const missing = list.filter(({ needs }) => !needs.every(isPresent)).map(({ name }) => name);
  if (missing.length === 0) return;
  const install = ['install', '-y', '--no-install-recommends', ...missing];
  const isAvailable = isPresent('apt-get');
  if (process.getuid?.() !== 0 || !isAvailable) {
    fail(
      `these system packages are missing: ${missing.join(' ')}\n` +
        (isAvailable
          ? `Install them with \`sudo apt-get ${install.join(' ')}\` and run this again, or run this as root.`
          : 'The names are those of Debian and Ubuntu: install what your distribution calls them and run this again.'),
    );
  }
  say(`installing system packages: ${missing.join(' ')}`);
  for (const args of [['update'], install]) {
    // Another apt may be at work on a machine that has just started.
    const result = spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (result.status !== 0 && args !== install) say('apt-get update failed: trying with the lists at hand');
    else if (result.status !== 0) fail(`apt-get ${args.join(' ')} failed. Its message above says why.`);
  }
}

function isPresent(need) {
  if (!need.startsWith('/')) {
    const folders = [...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];
    return folders.some((folder) => fs.existsSync(path.join(folder, need)));
  }
  const [before, after] = need.split('*');
  if (after === undefined) return fs.existsSync(need);
  return fs.readdirSync(before).some((folder) => fs.existsSync(path.join(before, folder + after)));
}

/** Runs npm as this process was started by it, or the one in PATH. Returns its exit status. */
export function runNpm(args, stdio = 'inherit') {
  const cli = process.env.npm_execpath;
  const [command, first] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
  return spawnSync(command, [...first, ...args], { cwd: root, stdio }).status ?? 1;
}

/**
 * Runs a script under the project's own Node, whichever Node this is; `wrapper` is a command that runs the command
 * behind it. Resolves to its exit status.
 */
export function runProjectNode(script, args = [], wrapper = []) {
  const env = { ...process.env, PATH: `${projectBin}:${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` };
  const [command, ...rest] = [...wrapper, path.join(projectBin, 'node'), script, ...args];
  const child = spawn(command, rest, { cwd: root, stdio: 'inherit', env });
  // Ctrl-C reaches the child as well, and it decides; SIGTERM reaches only us.
  const ignore = () => {};
  const forward = () => child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGTERM', forward);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', ignore).off('SIGTERM', forward);
      resolve(signal === 'SIGINT' ? 130 : (code ?? 1));
    });
  });
}

function say(text) {
  console.log(`bootstrap: ${text}`);
}

function fail(text) {
  console.error(`bootstrap: ${text}`);
  process.exit(exitOperational);
}
