import { Text } from 'ink';
import stringWidth from 'string-width';
import { visible } from '../../model/escape.ts';
import { line, type Question } from '../guided/page.ts';
import { askedText } from '../guided/wording.ts';
import { layout, type Row } from './layout.ts';
import { type Look, Rows } from './rows.tsx';
import { propsOf } from './tones.ts';

/** A word is typed behind its question where there is room for it and some more, else below. */
const SPARE_COLUMNS = 12;

/** A question as rows; their number does not depend on what is typed. */
export function askRows(question: Question, columns: number, { charset }: Look): Row[] {
  const { word, note } = question;
  const lines = [...(note === null ? [] : [note]), line(askedText(question), 'heading')];
  const rows = layout([{ kind: 'lines', lines }], columns, charset);
  const room = columns - widthOf(rows.at(-1));
  return word !== null && room < stringWidth(visible(word)) + SPARE_COLUMNS ? [...rows, []] : rows;
}

interface AskProps {
  readonly rows: readonly Row[];
  readonly typed: string;
  readonly columns: number;
  readonly look: Look;
}

/** The question, what has been typed so far, and the cursor. */
export function Ask({ rows, typed, columns, look }: AskProps) {
  const last = rows.at(-1) ?? [];
  return (
    <>
      <Rows rows={rows.slice(0, -1)} look={look} />
      <Text>
        {last.map(({ text, tone }) => (
          <Text key={text} {...propsOf(tone, look.palette)}>
            {`${text} `}
          </Text>
        ))}
        {tailOf(visible(typed), columns - widthOf(last) - 2)}
        <Text inverse> </Text>
      </Text>
    </>
  );
}

const widthOf = (row: Row | undefined): number =>
  (row ?? []).reduce((sum, { text }) => sum + stringWidth(text), 0);

/** The end of a text that is too long for its place. */
function tailOf(text: string, width: number): string {
  let tail = text;
  while (stringWidth(tail) > width) tail = Array.from(tail).slice(1).join('');
  return tail;
}
