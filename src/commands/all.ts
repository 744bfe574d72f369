import { bootCommand } from './boot.ts';
import type { Command } from './command.ts';
import { diagnoseCommand } from './diagnose.ts';
import { explainCommand } from './explain.ts';
import { repairCommand } from './repair.ts';
import { undoCommand } from './undo.ts';

/** Every command that has a name, as help, manual pages and completions list them. */
export const COMMANDS: readonly Command[] = [
  diagnoseCommand,
  repairCommand,
  undoCommand,
  bootCommand,
  explainCommand,
];
