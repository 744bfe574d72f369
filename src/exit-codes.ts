/** fsck(8)'s bits; a run's exit status is their sum. The only table of exit codes; docs/exit-codes.md explains it. */
export const EXIT = {
  nothingWrong: 0,
  repaired: 1,
  rebootNeeded: 2,
  faultsLeft: 4,
  operationalError: 8,
  usage: 16,
  cancelled: 32,
  halfway: 64,
} as const;
