/** True when `version` (`2.03.16`, as `lvm version` prints it) is at least `minimum`. */
export function atLeast(version: string, minimum: string): boolean {
  const left = numbers(version);
  const right = numbers(minimum);
  for (let index = 0; index < right.length; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbers(version: string): number[] {
  return version.split(/[.()-]/).map((part) => Number.parseInt(part, 10) || 0);
}

/** From the output of `lvm version`: `  LVM version:     2.03.16(2) (2022-05-18)`. */
export function parseVersion(output: string): string | null {
  return /LVM version:\s+(\d+\.\d+\.\d+)/.exec(output)?.[1] ?? null;
}
