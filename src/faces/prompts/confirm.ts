/** The person stopped at a prompt. */
export class Cancelled extends Error {}

/** Asks on the terminal; Enter means no. Rejects with `Cancelled` on Ctrl-C and when the terminal goes away. */
export async function confirm(question: string): Promise<boolean> {
  const { default: enquirer } = await import('enquirer');
  const answered = enquirer.prompt<{ yes: boolean }>({
    type: 'confirm',
    name: 'yes',
    message: question,
    initial: false,
  });
  // On a console that is gone enquirer throws outside of its promise and never settles it.
  const gone = new Promise<never>((_, reject) => {
    process.once('uncaughtException', () => reject(new Cancelled()));
  });
  try {
    return (await Promise.race([answered, gone])).yes;
  } catch {
    throw new Cancelled();
  } finally {
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdin.pause();
  }
}
