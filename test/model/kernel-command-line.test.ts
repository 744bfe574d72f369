import { describe, expect, test } from 'vitest';
import { lastValue, parameters } from '../../src/model/kernel-command-line.ts';

describe('a kernel command line', () => {
  test('splits at blanks, but for those between double quotes', () => {
    expect(parameters('quiet root=/dev/vg0/root dyndbg="file a.c +p" "x=a b"\n')).toEqual([
      { name: 'quiet', value: null },
      { name: 'root', value: '/dev/vg0/root' },
      { name: 'dyndbg', value: 'file a.c +p' },
      { name: 'x', value: 'a b' },
    ]);
  });

  test('a value may hold equals signs, and the last word counts', () => {
    expect(lastValue('root=/dev/sda1 root=UUID=1-2', 'root')).toBe('UUID=1-2');
    expect(lastValue('rooted=x', 'root')).toBeNull();
  });
});
