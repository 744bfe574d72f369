/** A disk that no longer gives its bytes. */
export class UnreadableBlock extends Error {}

/** A record whose stored bytes are gone or are not those that were saved. */
export class DamagedRecord extends Error {}

/** What a disk, a record or the file system said; anything else is a bug and is thrown on. */
export function ioMessage(error: unknown): string {
  const isIo = error instanceof UnreadableBlock || error instanceof DamagedRecord;
  if (error instanceof Error && (isIo || 'syscall' in error)) return error.message;
  throw error;
}
