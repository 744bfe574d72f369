import { expect, test } from 'vitest';
import { lineAsker } from '../../../src/faces/prompts/line.ts';

test('rd.lvmedic.timeout=0: nobody is waited for, and the shell opens at once', async () => {
  expect(await lineAsker(false)('1-3, Enter for 1; the shell opens in 0 s:', 0)).toBeNull();
});
