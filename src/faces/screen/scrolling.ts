import { useState } from 'react';

/** What part of a text is on the screen, and what of it has been. */
export interface Scrolling {
  /** The first line on the screen. */
  readonly from: number;
  /** How many lines are above the screen. */
  readonly above: number;
  readonly below: number;
  /** The first line that has not been on the screen yet; null when all have been. */
  readonly unread: number | null;
  /** Brings this line to the top, as far as the text goes on below it. */
  to(line: number): void;
  /** Goes on by so many lines, or back. */
  by(lines: number): void;
}

interface Size {
  /** Lines of the text. */
  readonly count: number;
  /** Lines of the screen. */
  readonly room: number;
  /** Of the screen: in another width the lines are others. */
  readonly columns: number;
}

/** A text that may be longer than the screen. */
export function useScrolling({ count, room, columns }: Size, startsAtEnd: boolean): Scrolling {
  const [top, setTop] = useState(startsAtEnd ? Number.MAX_SAFE_INTEGER : 0);
  const [read, setRead] = useState({ columns, to: 0 });
  const last = Math.max(0, count - room);
  const within = (line: number) => Math.max(0, Math.min(last, line));
  const from = within(top);
  const before = read.columns === columns ? read.to : 0;
  // What was jumped over has not been on the screen.
  const to = from <= before ? Math.max(before, from + room) : before;
  if (to !== read.to || columns !== read.columns) setRead({ columns, to });
  return {
    from,
    above: from,
    below: Math.max(0, count - room - from),
    unread: to >= count ? null : to,
    to: (line) => setTop(within(line)),
    by: (lines) => setTop((now) => within(within(now) + lines)),
  };
}
