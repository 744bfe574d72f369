import { absentDiskTable } from './absent-disks.ts';
import { promptTable } from './at-the-prompt.ts';
import { incidentTable } from './incidents.ts';
import { rescueTable } from './rescue-iso.ts';
import type { Scenario } from './scenario.ts';
import { settingsTable } from './settings.ts';

/** What is played on real guests, in the order of docs/tested-on.md. */
export const scenarios: readonly Scenario[] = [
  ...incidentTable,
  ...absentDiskTable,
  ...promptTable,
  ...settingsTable,
  ...rescueTable,
];
