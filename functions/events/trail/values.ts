/** Longest text that is taken from a record; IAM's longest ARN and Secrets Manager's longest name are shorter. */
const TEXT_MOST = 2_048;

export type Bag = Readonly<Record<string, unknown>>;

/** A value as an object; `undefined` for anything else, arrays among it. */
export function bag(value: unknown): Bag | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Bag) : undefined;
}

/**
 * An object's own text under a name; empty where there is none. Half of a character pair becomes U+FFFD, as it would
 * in the table: what is named by such a text has a key there, and a place in the audit chain.
 */
export function text(from: Bag | undefined, name: string): string {
  if (from === undefined || !Object.hasOwn(from, name)) return '';
  const value = from[name];
  return typeof value === 'string' && value.length <= TEXT_MOST ? value.toWellFormed() : '';
}

/** An object's own object under a name. */
export function inner(from: Bag | undefined, name: string): Bag | undefined {
  return from !== undefined && Object.hasOwn(from, name) ? bag(from[name]) : undefined;
}

/** Names and types of an object's fields, none of their values; bounded. */
export function shapeOf(value: unknown): string {
  const object = bag(value);
  if (object === undefined) return Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  const fields = Object.entries(object)
    .slice(0, 32)
    .map(([name, inside]) => `${/^[A-Za-z][\w-]{0,40}$/.test(name) ? name : '?'}:${kindOf(inside)}`);
  return `{${fields.join(',')}}`;
}

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
