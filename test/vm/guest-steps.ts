import type { GuestRun, GuestStep } from '../../vm-harness/guest/one-shot.ts';
import type { ProductResult } from '../../vm-harness/lab/product.ts';

/** @throws when the guest never came to it */
export function stepOf(guest: GuestRun, name: string): GuestStep {
  const found = guest.steps.get(name);
  if (found === undefined) throw new Error(`the guest never came to ${name}: ${guest.transcript}`);
  return found;
}

/**
 * The result line of lvmedic, which other lines may follow: errors and output are one on a console.
 *
 * @throws when there is none
 */
export function resultOfStep(guest: GuestRun, name: string): ProductResult {
  const { output } = stepOf(guest, name);
  const line = output.split('\n').findLast((each) => each.startsWith('{"type":"result"'));
  if (line === undefined) throw new Error(`no result line:\n${output}`);
  return JSON.parse(line) as ProductResult;
}
