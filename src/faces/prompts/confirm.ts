/** The person stopped at a prompt. */
export class Cancelled extends Error {}

/** Asks on the terminal; Enter means no. */
export async function confirm(question: string): Promise<boolean> {
  const { default: enquirer } = await import('enquirer');
  try {
    const answer: { yes: boolean } = await enquirer.prompt({
      type: 'confirm',
      name: 'yes',
      message: question,
      initial: false,
    });
    return answer.yes;
  } catch {
    // enquirer rejects with an empty string on Ctrl-C and when the terminal goes away.
    throw new Cancelled();
  }
}
