import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** What docs/schema/ publishes of a line. */
const published: JsonObject = JSON.parse(
  readFileSync(new URL('../../docs/schema/lvmedic-events-1.schema.json', import.meta.url), 'utf8'),
);
export const definitions = published.$defs as Readonly<Record<string, JsonObject>>;

/** The kinds of lines, as the schema calls them. */
export const KINDS: readonly string[] = (published.oneOf as readonly { readonly $ref: string }[]).map(
  ({ $ref }) => $ref.replace('#/$defs/', ''),
);

export interface Judged {
  /** Which kind of line it is; null when it is none, or not only one. */
  readonly kind: string | null;
  /** What is wrong with it, as the kind says that fits it best. */
  readonly problems: readonly string[];
}

export type Judge = (line: unknown) => Judged;

/** By the schema as consumers have it: objects may have more fields than it knows. */
export const judgeAsPublished: Judge = judgeBy(published);
/** By a schema in which objects have the fields it names and no others, so that none comes without being described. */
export const judgeStrictly: Judge = judgeBy(closed(published) as JsonObject);

function judgeBy(schema: JsonObject): Judge {
  // The parts that results share have no type of their own.
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
  ajv.addSchema(schema);
  const kinds = KINDS.map((kind) => ({ kind, accepts: validator(`${schema.$id}#/$defs/${kind}`) }));
  const whole = validator(`${schema.$id}`);
  function validator(reference: string): ValidateFunction {
    const found = ajv.getSchema(reference);
    if (found === undefined) throw new Error(`the schema has no ${reference}`);
    return found;
  }
  return (line) => {
    const [fitting, ...more] = kinds.filter(({ accepts }) => accepts(line)).map(({ kind }) => kind);
    if (whole(line)) return { kind: fitting ?? null, problems: [] };
    if (fitting !== undefined)
      return { kind: null, problems: [`it is both ${[fitting, ...more].join(' and ')}`] };
    const complaints = kinds.map(({ accepts }) => {
      accepts(line);
      return (accepts.errors ?? []).map(
        ({ instancePath, message, params }) =>
          `${instancePath || 'the line'} ${message} ${JSON.stringify(params)}`,
      );
    });
    const [closest = []] = complaints.toSorted((one, other) => one.length - other.length);
    return { kind: null, problems: closest };
  };
}

/** A copy in which every object has no field but those that are named; parts of objects have no `type`. */
function closed(node: Json): Json {
  if (Array.isArray(node)) return node.map(closed);
  if (node === null || typeof node !== 'object') return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  const { type } = node as JsonObject;
  const isObject = type === 'object' || (Array.isArray(type) && type.includes('object'));
  return isObject ? { ...copy, unevaluatedProperties: false } : copy;
}
