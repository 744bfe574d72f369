const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The person stopped at a prompt. */
export class Cancelled extends Error {
  /** Nothing had been written to the disks before. */
  readonly isUnchanged: boolean;

  constructor(isUnchanged = true) {
    super('stopped on request');
    this.isUnchanged = isUnchanged;
  }
}

/** What reading from, or setting up, a terminal that is gone throws. */
export const isTerminalGone = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['EIO', 'EBADF', 'ERR_USE_AFTER_CLOSE'].includes(`${error.code}`);

let open = 0;

/** True while a question waits for its answer: a signal then ends that, and nothing is at work that could be stopped. */
export const isAsking = (): boolean => open > 0;

/** What a prompt gives; rejects with `Cancelled` on Ctrl-C, on a signal, and when the terminal goes away. */
export async function unlessCancelled<T>(answered: Promise<T>): Promise<T> {
  const { promise: cancelled, reject } = Promise.withResolvers<never>();
  const cancel = () => reject(new Cancelled());
  for (const signal of SIGNALS) process.once(signal, cancel);
  // On a console that is gone enquirer throws outside of its promise and never settles it.
  process.once('uncaughtException', cancel);
  open++;
  try {
    return await Promise.race([answered, cancelled]);
  } catch (error) {
    // enquirer rejects with nothing when it is cancelled.
    if (error instanceof Error && !isTerminalGone(error)) throw error;
    throw new Cancelled();
  } finally {
    open--;
    for (const signal of SIGNALS) process.off(signal, cancel);
    process.off('uncaughtException', cancel);
  }
}
