import { defineConfig } from 'vitest/config';

/** Each keeps a processor busy, and may first have to make its system. */
const guests = {
  pool: 'forks',
  fileParallelism: false,
  maxConcurrency: 2,
  // Their progress is told while they run.
  disableConsoleIntercept: true,
  testTimeout: 900_000,
  hookTimeout: 600_000,
} as const;

/** One repair at a time, as on one machine. */
const lab = {
  pool: 'forks',
  fileParallelism: false,
  testTimeout: 180_000,
  hookTimeout: 180_000,
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/tui/**', 'test/lab/**', 'test/vm/**', 'test/matrix/**'],
          pool: 'threads',
          isolate: false,
        },
      },
      {
        test: {
          name: 'tui',
          include: ['test/tui/**/*.test.ts'],
          env: { FIRST_LOOP: '2000' },
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          exclude: ['test/lab/interrupted*.test.ts'],
          env: { FIRST_LOOP: process.env.FIRST_LOOP ?? '1000' },
          ...lab,
        },
      },
      {
        test: {
          // Of the lab, too; `npm test` runs them beside it, for they take minutes.
          name: 'interrupted',
          include: ['test/lab/interrupted*.test.ts'],
          env: { FIRST_LOOP: '3000' },
          ...lab,
        },
      },
      {
        test: {
          name: 'vm',
          include: ['test/vm/**/*.test.ts'],
          ...guests,
        },
      },
      {
        test: {
          name: 'matrix',
          include: ['test/matrix/**/*.test.ts'],
          ...guests,
          // They wait much of the time, and nobody waits for each of them.
          maxConcurrency: 3,
        },
      },
    ],
  },
});
