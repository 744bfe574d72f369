/** The times of each work, taken by turns. A round before the first warms the caches for all. */
export function byTurns(works: readonly (() => unknown)[], count: number): number[][] {
  for (const work of works) work();
  const lists = works.map((): number[] => []);
  for (let round = 0; round < count; round++) {
    for (const [index, work] of works.entries()) lists[index]?.push(timed(work));
  }
  return lists;
}

function timed(work: () => unknown): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = 0, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return (low + high) / 2;
}
