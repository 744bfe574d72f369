/** Something wrong with bytes that were read. Damage is data: it stands beside a partial value, never thrown. */
export interface Problem {
  /** Stable kebab-case code, e.g. `label-crc`, `mda-magic`, `text-crc`. */
  readonly code: string;
  /** One short plain-English sentence; may hold text from disk, so faces escape it. */
  readonly message: string;
  /** Where, in bytes from the start of whatever the decoder was given; absent when it has no place. */
  readonly offsetBytes?: number;
  readonly found?: string;
  readonly expected?: string;
}

/** What every decoder returns, for any bytes whatever. */
export interface Decoded<T> {
  readonly value: T;
  readonly problems: readonly Problem[];
}
