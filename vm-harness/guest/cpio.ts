/** A file, a symbolic link or, with neither, a folder in an archive. */
export interface CpioEntry {
  /** Without a leading slash. */
  readonly path: string;
  readonly content?: Uint8Array | string;
  readonly executable?: boolean;
  readonly linkTo?: string;
}

const FOLDER = 0o040755;
const LINK = 0o120777;
const FILE = 0o100644;
const PROGRAM = 0o100755;
/** The kernel looks for a further archive at these boundaries only. */
const ARCHIVE_ALIGNMENT_BYTES = 512;

/**
 * A newc archive as the kernel's Documentation/driver-api/early-userspace/buffer-format.rst describes it, all owned
 * by root, without times. Parent folders are added. Archives can be joined: the last one's files win.
 */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const parts: Buffer[] = [];
  const paths = new Set<string>();
  const add = (path: string, mode: number, content: Buffer) => {
    parts.push(...member(path, mode, content, paths.size + 1));
    paths.add(path);
  };
  for (const { path, content, linkTo, executable } of entries) {
    if (paths.has(path)) continue;
    for (const folder of parents(path)) if (!paths.has(folder)) add(folder, FOLDER, Buffer.alloc(0));
    if (linkTo !== undefined) add(path, LINK, Buffer.from(linkTo));
    else if (content === undefined) add(path, FOLDER, Buffer.alloc(0));
    else add(path, executable === true ? PROGRAM : FILE, Buffer.from(content));
  }
  parts.push(...member('TRAILER!!!', 0, Buffer.alloc(0), 0));
  const archive = Buffer.concat(parts);
  return Buffer.concat([archive, padding(archive.length, ARCHIVE_ALIGNMENT_BYTES)]);
}

function parents(path: string): string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

function member(path: string, mode: number, content: Buffer, inode: number): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map((n) => n.toString(16).padStart(8, '0')).join('')}`);
  return [header, name, padding(header.length + name.length, 4), content, padding(content.length, 4)];
}

function padding(lengthBytes: number, alignmentBytes: number): Buffer {
  return Buffer.alloc((alignmentBytes - (lengthBytes % alignmentBytes)) % alignmentBytes);
}
