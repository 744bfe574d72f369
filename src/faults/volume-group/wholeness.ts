import { hasHoles, lvSizeExtents } from '../../model/extents.ts';
import type { LvSection, VgMetadata } from '../../model/metadata.ts';
import { isStillIn, type PastLv } from '../../model/past-lv.ts';
import type { MetadataText, Survey } from '../../model/survey.ts';
import { lvsElsewhere } from './circumstances.ts';
import { departureOf, type Generation, historyOf, lastWhole, lvsIn } from './history.ts';
import type { VolumeGroupView } from './view.ts';

/** What "every volume is whole" is measured by. */
export interface Wholeness {
  /** LVs that a repair must leave: of the last whole generation and of all since, but for those below. */
  readonly kept: readonly PastLv[];
  /** LVs that a result is without though nobody provably removed them; once for each LV. */
  readonly lacking: readonly Lack[];
  /** Why that cannot be told for sure, as sentences. */
  readonly unknown: readonly string[];
}

export interface Lack {
  readonly lv: LvSection;
  /** The last text that has it whole. */
  readonly last: MetadataText;
  /** What became of it, as far as that is known: a sentence without its subject. */
  readonly why: string;
}

/**
 * Compares what a repair would leave with the last generation in which no physical volume of the volume group was missing,
 * and with all since. A rule of its own: it knows neither faults nor intents.
 */
export function wholenessOf(result: VgMetadata, view: VolumeGroupView, survey: Survey): Wholeness {
  const history = historyOf(view);
  const whole = lastWhole(history);
  const elsewhere = lvsElsewhere(view, survey);
  const kept: PastLv[] = [];
  const lacking = new Map<string, Lack>();
  for (const past of versionsOf(history.slice(Math.max(whole, 0)))) {
    if (isStillIn(past, result)) kept.push(past);
    else if (!elsewhere.has(past.lv.uuid)) {
      const lack = lackOf(past, history, view.base);
      if (lack !== null) lacking.set(past.lv.uuid, lack);
    }
  }
  const oldest = history[0]?.seqno;
  return {
    kept: kept.filter(({ lv }) => !lacking.has(lv.uuid)),
    lacking: [...lacking.values()],
    unknown:
      whole >= 0
        ? []
        : [
            `no generation is left in which every disk of the volume group was there (the oldest is ${oldest}): whether volumes were lost before it cannot be told`,
          ],
  };
}

/** Each LV as it was, once for each size: it can have been cut on purpose, and lost later. */
function versionsOf(history: readonly Generation[]): PastLv[] {
  const versions = new Map<string, PastLv>();
  for (const past of history.flatMap(lvsIn)) {
    const { lv } = past;
    versions.set(
      `${lv.uuid} ${lvSizeExtents(lv)} ${hasHoles(lv, past.in)} ${past.in.extentSizeSectors}`,
      past,
    );
  }
  return [...versions.values()];
}

function lackOf(past: PastLv, history: readonly Generation[], base: MetadataText): Lack | null {
  const { lv } = past;
  const departure = departureOf(past, history);
  switch (departure?.kind) {
    case 'removed':
      return null;
    case 'lost':
      return {
        ...{ lv, last: departure.last.texts[0] },
        why: `generation ${departure.next.seqno} does not have it, and a disk was missing then`,
      };
    case 'unknown':
      return {
        ...{ lv, last: departure.last.texts[0] },
        why: `what became of it is not known, the next generation that is left is ${departure.next.seqno}`,
      };
    default:
      return { lv, last: base, why: 'the newest generation has it' };
  }
}
