import type { Questions } from '../face.ts';
import { isYes } from '../guided/answers.ts';
import type { AskLine } from './line.ts';

/** Questions on a terminal of any kind; Enter is no, or the first choice. */
export function questionsBy(askLine: AskLine, print: (line: string) => void): Questions {
  return {
    confirm: (question) => confirm(question, askLine),
    async choose({ lines, choices, prompt, retry, timeoutSeconds }) {
      for (const line of lines) print(line);
      for (;;) {
        const line = await askLine(prompt, timeoutSeconds);
        if (line === null) return null;
        const answer = line.trim();
        const picked = answer === '' ? choices[0] : choices[Number(answer) - 1];
        if (picked !== undefined) return picked.id;
        print(retry);
      }
    },
  };
}

/** True for y or yes; Enter, and anything else, is no. */
async function confirm(question: string, askLine: AskLine): Promise<boolean> {
  const answer = await askLine(`${question} (y/N)`);
  return isYes(answer?.trim() ?? '');
}
