/** One word of a kernel command line: `root=/dev/vg0/root`, or `quiet` with no value. */
export interface Parameter {
  readonly name: string;
  readonly value: string | null;
}

/** The words of a kernel command line. Double quotes hold spaces together, as the kernel reads them. */
export function parameters(commandLine: string): Parameter[] {
  return (commandLine.match(/(?:"[^"]*"?|[^\s"])+/g) ?? []).map((word) => {
    const plain = word.replaceAll('"', '');
    const equals = plain.indexOf('=');
    return equals < 0
      ? { name: plain, value: null }
      : { name: plain.slice(0, equals), value: plain.slice(equals + 1) };
  });
}

/** The last value given to a name counts; null where there is none. */
export function lastValue(commandLine: string, name: string): string | null {
  return parameters(commandLine).findLast((each) => each.name === name)?.value ?? null;
}
