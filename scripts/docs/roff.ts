/** Writes man(7): the few macros that groff, mandoc and man-db all know. */

/** Text as it is: nothing in it is a request, an escape or a typographic quote. */
export function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replace(/^\./gm, '\\&.');
}

/** Where the packages put docs/. */
const PAGES = '/usr/share/doc/lvmedic/docs/';

/** A paragraph in the notation of docs/: `code` becomes bold, links lose their addresses. */
export function prose(markdown: string): string {
  return markdown
    .replace(/\[(\w+\.md)\]\([^)]*\)/g, `see ${PAGES}$1`)
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .split(/(`[^`]+`)/)
    .map((part) => (part.startsWith('`') ? bold(part.slice(1, -1)) : escaped(part)))
    .join('')
    .trim();
}

export const bold = (text: string): string => `\\fB${escaped(text)}\\fR`;
/** For what a person puts something else in place of. */
export const italic = (text: string): string => `\\fI${escaped(text)}\\fR`;

/** `--log FILE`, or a command with its operands: what is in capitals stands for something. */
export function synopsis(text: string): string {
  return text
    .split(/([A-Z]{2,}|[\][]|\.\.\.)/)
    .map((part) => {
      if (/^[A-Z]{2,}$/.test(part)) return italic(part);
      return part === '' || /^[\][.\s]+$/.test(part) ? part : bold(part);
    })
    .join('');
}

export const section = (title: string, ...blocks: readonly string[]): string =>
  [`.SH ${title}`, ...blocks].join('\n');
export const subsection = (title: string, ...blocks: readonly string[]): string =>
  [`.SS ${title}`, ...blocks].join('\n');
export const paragraph = (text: string): string => `.PP\n${text}`;

/** A term and what it means; both are written already. */
export const tagged = (term: string, text: string): string => `.TP\n${term}\n${text}`;

/** Lines to type or to write into a file, kept as they are. */
export const example = (lines: readonly string[]): string =>
  ['.PP', '.RS 4', '.EX', ...lines.map(escaped), '.EE', '.RE'].join('\n');

interface Page {
  readonly name: string;
  readonly section: 5 | 8;
  /** Of the day on which what is described changed last. */
  readonly epochSeconds: number;
  readonly version: string;
  readonly sections: readonly string[];
}

/** A whole page. The same data, the same bytes. */
export function manualPage({ name, section: number, epochSeconds, version, sections }: Page): string {
  const date = new Date(epochSeconds * 1000).toISOString().slice(0, 10);
  const volume = number === 5 ? 'File Formats' : 'System Administration';
  // A paragraph right below a heading is one without being told.
  const body = folded(sections.join('\n').replace(/^(\.S[HS] .*)\n\.PP$/gm, '$1'));
  return `.TH ${name.toUpperCase().replaceAll('-', '\\-')} ${number} "${date}" "lvmedic ${version}" "${volume}"\n${body}\n`;
}

/** Text in lines that a person can read in the source, too; requests and examples stay as they are. */
function folded(roff: string): string {
  let isExample = false;
  return roff
    .split('\n')
    .map((line) => {
      if (line.startsWith('.EX') || line.startsWith('.EE')) isExample = line.startsWith('.EX');
      // A line that began with a dot or an apostrophe would be a request.
      return isExample || line.startsWith('.')
        ? line
        : line.replace(/(.{1,78})( (?![.'])|$)/g, '$1\n').trimEnd();
    })
    .join('\n');
}
