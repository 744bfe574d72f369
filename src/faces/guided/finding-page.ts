import { faultCalled } from '../../faults/catalogue.ts';
import { sectionOf } from '../../faults/manual.ts';
import type { Finding } from '../../model/finding.ts';
import { findingsOf } from '../../session/session.ts';
import type { Look } from '../../session/state.ts';
import { evidenceLine, notByItself } from '../wording.ts';
import { type Block, EMPTY, type Line, line, paragraph } from './page.ts';
import * as words from './wording.ts';

/** One finding: how it is known, what causes it, why it is not repaired by itself. */
export function findingBlocks(look: Look, index: number): readonly Block[] {
  const finding = findingsOf(look)[index];
  if (finding === undefined) return [];
  const { prospects, findings } = look.known;
  const declined = prospects
    .flatMap((each) => each.declined)
    .find(({ findingId }) => findingId === finding.id);
  const consequences = findings.filter(({ explainedBy }) => explainedBy === finding.id);
  const cause = sectionOf(faultCalled(finding.fault)?.doc ?? '', 'What causes it');
  const evidence = finding.evidence.map((each) => line(evidenceLine(each)));
  return [
    paragraph(
      toldLine(finding, index),
      ...consequences.map(({ summary }) => line(words.alsoExplains(summary))),
    ),
    EMPTY,
    paragraph(
      line(words.HOW_DO_YOU_KNOW, 'heading'),
      ...(evidence.length === 0 ? [line(words.NO_EVIDENCE)] : evidence),
    ),
    ...(cause === '' ? [] : [EMPTY, paragraph(line(words.WHAT_CAUSED_THIS, 'heading'), line(cause))]),
    ...(declined === undefined ? [] : [EMPTY, paragraph(line(notByItself(declined.reason), 'warning'))]),
  ];
}

/** A finding by its number. */
export const toldLine = (finding: Finding, index: number): Line =>
  line(`${index + 1}. ${finding.summary} (${finding.fault})`, toneOf(finding));

const toneOf = ({ severity }: Finding): 'bad' | 'warning' | 'normal' =>
  severity === 'error' ? 'bad' : severity === 'warning' ? 'warning' : 'normal';

/** The numbers by which the findings with these ids are told; of one that others explain, theirs. */
export function numbersOf(ids: readonly string[], look: Look): number[] {
  const findings = look.known.findings;
  const told = findingsOf(look).map(({ id }) => id);
  const numbers = ids.flatMap((id) => {
    const finding = findings.find((each) => each.id === id);
    const index = told.indexOf(finding?.explainedBy ?? id);
    return index < 0 ? [] : [index + 1];
  });
  return [...new Set(numbers)].sort((a, b) => a - b);
}
