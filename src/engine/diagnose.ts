import { CATALOGUE, faultCalled } from '../faults/catalogue.ts';
import type { Finding } from '../model/finding.ts';
import type { Survey } from '../model/survey.ts';

/** What is wrong, from the disk upward; pure. */
export function diagnose(survey: Survey): Finding[] {
  const found = CATALOGUE.flatMap((fault) =>
    fault.detect(survey).map((occurrence) => ({ ...occurrence, fault: fault.id })),
  );
  const findings = found.map((each, index): Finding => ({ ...each, id: `f${index + 1}`, explainedBy: null }));
  return findings.map((finding) => ({
    ...finding,
    explainedBy: explanationOf(finding, findings)?.id ?? null,
  }));
}

function explanationOf(finding: Finding, all: readonly Finding[]): Finding | undefined {
  const follows = faultCalled(finding.fault)?.consequence === true;
  return all.find((other) => {
    const fault = faultCalled(other.fault);
    if (other.id === finding.id || fault === undefined) return false;
    const sameGroup = other.volumeGroup?.uuid === finding.volumeGroup?.uuid;
    return fault.explains?.(other, finding) === true || (follows && sameGroup && !fault.consequence);
  });
}

/** Findings that make the exit status say "faults". */
export function isFault(finding: Finding): boolean {
  return finding.severity !== 'info';
}
