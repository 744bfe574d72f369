import { describe, expect, test } from 'vitest';
import { consent, meaning, namesakesOf } from '../../src/engine/named-remedy.ts';
import type { VolumeGroupRef } from '../../src/model/finding.ts';

const uuid = (letter: string): string =>
  [6, 4, 4, 4, 4, 4, 6].map((length) => letter.repeat(length)).join('-');
const named = (ref: VolumeGroupRef, ...others: VolumeGroupRef[]) => ({
  volumeGroup: ref,
  namesakes: namesakesOf(ref, [ref, ...others]),
});

describe('the volume group that a person means by --vg', () => {
  const original = { name: 'vg0', uuid: uuid('a') };
  const clone = { name: 'vg0', uuid: uuid('b') };
  const stranger = { name: 'vg1', uuid: uuid('c') };

  test('a name that is its alone, or its UUID', () => {
    const alone = named(original, stranger);
    expect(meaning(alone, 'vg0')).toBe('this');
    expect(meaning(alone, original.uuid)).toBe('this');
    expect(meaning(alone, 'vg1')).toBe('another');
    expect(consent('keep', alone)).toBe('--remedy keep --vg vg0');
  });

  test('a name that a clone has, too, means neither, and only the UUID is suggested', () => {
    for (const [one, other] of [
      [original, clone],
      [clone, original],
    ] as const) {
      const pair = named(one, other, stranger);
      expect(meaning(pair, 'vg0')).toBe('unclear');
      expect(meaning(pair, one.uuid)).toBe('this');
      expect(meaning(pair, other.uuid)).toBe('another');
      expect(consent('keep', pair)).toBe(`--remedy keep --vg ${one.uuid}`);
    }
  });

  test('a name that spells the UUID of another volume group does not stand for it', () => {
    const liar = { name: original.uuid, uuid: uuid('d') };
    expect(meaning(named(original, liar), original.uuid)).toBe('this');
    expect(meaning(named(liar, original), original.uuid)).toBe('another');
    expect(consent('keep', named(liar, original))).toBe(`--remedy keep --vg ${liar.uuid}`);
  });
});
