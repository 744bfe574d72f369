const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The person stopped at a prompt. */
export class Cancelled extends Error {}

/** What a prompt gives; rejects with `Cancelled` on Ctrl-C, on a signal, and when the terminal goes away. */
export async function unlessCancelled<T>(answered: Promise<T>): Promise<T> {
  const { promise: cancelled, reject } = Promise.withResolvers<never>();
  const cancel = () => reject(new Cancelled());
  for (const signal of SIGNALS) process.once(signal, cancel);
  // On a console that is gone enquirer throws outside of its promise and never settles it.
  process.once('uncaughtException', cancel);
  try {
    return await Promise.race([answered, cancelled]);
  } catch {
    throw new Cancelled();
  } finally {
    for (const signal of SIGNALS) process.off(signal, cancel);
    process.off('uncaughtException', cancel);
  }
}
