/** How measurements are told in docs/benchmarks.md. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  /** What it was measured against, in the same run. */
  readonly peer: string;
  readonly peerValue: string;
  /** Above 1: lvmedic takes longer, or is larger. */
  readonly ratio: number | null;
}

export function table(title: string, explanation: string, rows: readonly Row[]): string {
  const cells = rows.map(({ what, ours, peer, peerValue, ratio }) => [
    what,
    ours,
    peer === '' ? '' : `${peer}: ${peerValue}`,
    ratio === null ? '' : ratio.toFixed(2),
  ]);
  const head = ['what', 'lvmedic', 'peer', 'ratio'];
  const widths = head.map((cell, column) =>
    Math.max(...[head, ...cells].map((row) => row[column]?.length ?? 0), cell.length),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return `### ${title}\n\n${explanation}\n\n${[line(head), rule, ...cells.map(line)].join('\n')}\n`;
}

export function milliseconds(ms: number): string {
  return ms < 10_000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

export function mebibytes(kib: number): string {
  return `${Math.round(kib / 1024)} MiB`;
}

export function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} kB`;
}

export function note(text: string): void {
  console.error(`bench: ${text}`);
}
