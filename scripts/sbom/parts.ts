import type { Component } from './document.ts';

/** A part of something that we pass on, as a person looks for it. */
export interface PlacedPart {
  readonly name: string;
  readonly version: string;
  /** Debian's source package, when it bears another name. */
  readonly source: string | undefined;
  /** Name and version of the part that it is a part of. */
  readonly inside: string | undefined;
}

/** All parts that a bill of materials lists, those of parts included; files alone are none. */
export function partsOf(document: string): PlacedPart[] {
  const { components } = JSON.parse(document) as { components: readonly Component[] };
  const flatten = (list: readonly Component[], inside: string | undefined): PlacedPart[] =>
    list
      .filter(({ type }) => type !== 'file')
      .flatMap((each) => {
        const name = each.group === undefined ? each.name : `${each.group}/${each.name}`;
        const version = each.version ?? 'unknown';
        const source = each.properties?.find((property) => property.name === 'lvmedic:source-package')?.value;
        const part = { name, version, source: source === name ? undefined : source, inside };
        return [part, ...flatten(each.components ?? [], `${name} ${version}`)];
      });
  return flatten(components, undefined);
}

/** Those with one of the words in their own or their source's name; letter case does not matter. */
export function matchingParts(parts: readonly PlacedPart[], words: readonly string[]): PlacedPart[] {
  const wanted = words.map((word) => word.toLowerCase());
  return parts.filter(({ name, source = '' }) =>
    wanted.length === 0 ? true : wanted.some((word) => `${name} ${source}`.toLowerCase().includes(word)),
  );
}
