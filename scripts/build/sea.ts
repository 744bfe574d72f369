import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { cached, sha256 } from './cache.ts';
import { requireLoadable } from './elf.ts';
import { run } from './run.ts';
import type { Toolchain } from './toolchain.ts';

const require = createRequire(import.meta.url);
/** Some distributions' kernels have them. */
const largestArm64PageBytes = 65_536;
const pkgArch = { amd64: 'x64', arm64: 'arm64' } as const;

/** Stripped before pkg injects into it: stripping afterwards would lose the injected part. */
export function strippedNode({ nodeBinary, strip }: Toolchain): Promise<string> {
  return cached(`node-${sha256(fs.readFileSync(nodeBinary))}`, (file) => {
    run(strip, ['-o', file, nodeBinary]);
    fs.chmodSync(file, 0o755);
  });
}

/**
 * Node with the bundle injected. pkg's command line cannot be told which Node to use; its SEA module can.
 *
 * @param generator a Node of the same version as `node` that runs on this machine: it makes what is injected
 */
export async function singleExecutable(
  bundle: string,
  arch: Toolchain['arch'],
  node: string,
  generator: string,
): Promise<Buffer> {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-build-'));
  try {
    const main = 'lvmedic.cjs';
    const output = path.join(work, 'lvmedic');
    fs.writeFileSync(path.join(work, main), bundle);
    await reproducibleSea(work, generator)(path.join(work, main), {
      nodePath: node,
      targets: [{ nodeRange: 'node24', platform: 'linux', arch: pkgArch[arch], output }],
      seaConfig: {
        main,
        // Code is compiled for the processor that compiles it.
        useCodeCache: node === generator,
        // NODE_OPTIONS is meant for somebody else's Node.
        execArgvExtension: 'none',
        execArgv: ['--no-warnings'],
      },
    });
    const program = fs.readFileSync(output);
    if (arch === 'arm64') requireLoadable(program, largestArm64PageBytes);
    return program;
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

type Sea = (entry: string, options: object) => Promise<void>;
type ExecFile = (command: string, args: string[], options?: { cwd: string }) => Promise<unknown>;

/**
 * pkg's SEA function, made to give the same bytes each time. Node writes two things into what it injects that differ
 * from run to run: the path of the bundle (so it runs in `work` and gets a relative one), and string hashes in the code
 * cache (so it gets a fixed seed for that; the program, when it runs, still draws its own).
 *
 * Whatever pkg asks of a Node, `generator` answers: the one that is injected into may be for another processor.
 */
function reproducibleSea(work: string, generator: string): Sea {
  const childProcess = require('node:child_process') as { execFile: (...args: never[]) => unknown };
  const { execFile } = childProcess;
  const plain = promisify(execFile) as ExecFile;
  const reproducible: ExecFile = (_command, args) =>
    args[0] === '--experimental-sea-config'
      ? plain(generator, ['--random-seed=1', ...args], { cwd: work })
      : plain(generator, args);
  // pkg takes its own promisified execFile when it is loaded, so each call loads it anew.
  const module = require.resolve('@yao-pkg/pkg/lib-es5/sea.js');
  delete require.cache[module];
  childProcess.execFile = Object.assign((...args: never[]) => execFile(...args), {
    [promisify.custom]: reproducible,
  });
  try {
    return (require(module) as { default: Sea }).default;
  } finally {
    childProcess.execFile = execFile;
  }
}
