import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Frame, PayloadFile } from './frames.ts';
import { run } from './run.ts';
import type { Toolchain } from './toolchain.ts';

const flags = [
  '-static',
  '-O2',
  '-std=gnu11',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-s',
  '-Wl,--build-id=none',
  '-Wl,-z,noexecstack',
  // Twice: also each part of an archive that is taken.
  '-Wl,-t,-t',
];

/**
 * Writes the launcher's tables and links them with it. Everything lies in .rodata: what is appended, strip cuts off.
 * Returns the libraries and start files of which something was linked.
 */
export function link(
  source: string,
  frames: readonly Frame[],
  payload: readonly PayloadFile[],
  toolchain: Toolchain,
  output: string,
): string[] {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'lvmedic-build-'));
  try {
    const tables = path.join(work, 'payload.S');
    fs.writeFileSync(tables, `${assembly(frames, payload).join('\n')}\n`);
    const partial = path.join(work, 'lvmedic');
    const [compiler = '', ...before] = toolchain.compiler;
    const args = [...flags, '-o', partial, ...before, source, tables, ...toolchain.linked];
    const trace = run(compiler, args, { env: { TMPDIR: work } });
    // By rename: a running copy keeps its file, and nobody ever sees half a one.
    const beside = `${output}.${process.pid}`;
    fs.copyFileSync(partial, beside);
    fs.chmodSync(beside, 0o755);
    fs.renameSync(beside, output);
    return linkedFiles(trace).filter((file) => !file.startsWith(work));
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

function assembly(frames: readonly Frame[], payload: readonly PayloadFile[]): string[] {
  return [
    '.section .rodata',
    '.globl files, frames, fileCount, frameCount',
    ...frames.map(({ packed }, i) => `data${i}: .incbin "${packed}"\nend${i}:`),
    ...payload.map(({ name }, i) => `name${i}: .asciz "${name}"`),
    '.balign 8',
    'files:',
    ...payload.map(({ content }, i) => `.quad name${i}, ${content.length}`),
    'frames:',
    ...frames.map(
      ({ file, offsetBytes, sizeBytes }, i) =>
        `.quad data${i}, end${i} - data${i}, ${file}, ${offsetBytes}, ${sizeBytes}`,
    ),
    `fileCount: .quad ${payload.length}`,
    `frameCount: .quad ${frames.length}`,
    '.section .note.GNU-stack, "", %progbits',
  ];
}

/** The linker writes an archive's path alone when it opens it, and `(ARCHIVE)MEMBER` when it takes something. */
function linkedFiles(trace: string): string[] {
  const files = trace.split('\n').flatMap((line) => {
    const archive = /^\((.+)\)[^)]*$/.exec(line)?.[1];
    return archive ?? (line.endsWith('.o') ? line : []);
  });
  return [...new Set(files.map((file) => path.normalize(file)))].sort();
}
