import { expect, it } from 'vitest';
import { crc32c } from '../../src/ondisk/crc32c.ts';

const bytes = new TextEncoder().encode('123456789');

it('has the check value of CRC-32C', () => expect(crc32c(bytes)).toBe(0xe3069283));

it('carries on from an earlier piece', () => {
  expect(crc32c(bytes.subarray(4), crc32c(bytes.subarray(0, 4)))).toBe(crc32c(bytes));
});
