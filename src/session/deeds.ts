import { EXIT } from '../exit-codes.ts';
import type { EffectResult } from './state.ts';

/** What a session has done to the machine so far. */
export interface Deeds {
  /** Undo records of repairs that stand. */
  readonly repaired: readonly string[];
  /** A repair or an undo stopped half-way, and nothing has mended that since. */
  readonly isHalfway: boolean;
  /** Anything was written to a disk, or activated. */
  readonly hasWritten: boolean;
}

export const NO_DEEDS: Deeds = { repaired: [], isHalfway: false, hasWritten: false };

export function withDeed(deeds: Deeds, ended: EffectResult): Deeds {
  switch (ended.kind) {
    case 'repaired': {
      const { undoRecord, outcome, exitStatus, boot } = ended.result;
      const stands = undoRecord !== null && outcome === 'repaired' ? [undoRecord.id] : [];
      const cameUp = (boot?.activated.length ?? 0) + (boot?.partial.length ?? 0) > 0;
      return {
        repaired: [...deeds.repaired, ...stands],
        isHalfway: deeds.isHalfway || exitStatus >= EXIT.halfway,
        hasWritten: deeds.hasWritten || undoRecord !== null || cameUp,
      };
    }
    case 'undone': {
      const { exitStatus, record } = ended.result;
      const isWhole = exitStatus === EXIT.nothingWrong;
      return {
        repaired: isWhole ? deeds.repaired.filter((id) => id !== record) : deeds.repaired,
        isHalfway: !isWhole,
        hasWritten: true,
      };
    }
    case 'looked': {
      const { recovered } = ended.look;
      if (recovered === null) return deeds;
      const stands = recovered.ended === 'completed' ? [recovered.record.id] : [];
      return { repaired: [...deeds.repaired, ...stands], isHalfway: false, hasWritten: true };
    }
    case 'rehearsed':
    case 'failed':
      return deeds;
  }
}
