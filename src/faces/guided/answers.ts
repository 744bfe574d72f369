import type { Act } from '../../session/state.ts';
import type { Key, Question } from './page.ts';

export const BACK: Act = { kind: 'back' };

/**
 * What a line that was typed at a question means, in either face: the answer, or what a letter does on every page.
 * A volume group may be called as such a letter is: its name is always the answer. Nothing typed goes back.
 */
export function actOfAnswer(line: string, question: Question, keys: readonly Key[]): Act {
  if (question.kind === 'word' && line === question.word) return { kind: 'yes', typed: line };
  const answer = line.trim().toLowerCase();
  const lettered = keys.find(({ key }) => key === answer)?.act;
  if (lettered !== undefined) return lettered;
  if (question.kind === 'yes') return isYes(answer) ? { kind: 'yes', typed: null } : BACK;
  return answer === '' ? BACK : { kind: 'yes', typed: line };
}

export const isYes = (answer: string): boolean => /^y(es)?$/i.test(answer);
