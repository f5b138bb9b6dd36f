import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from '#adapters/dynamodb/items.ts';

/**
 * An item's size as DynamoDB counts it, in bytes: names and text in UTF-8; a number takes one byte for each two
 * significant digits, and one more.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 * @throws RangeError for a type of attribute that the registry does not use.
 */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + valueBytes(value);
  return bytes;
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N === undefined)
    throw new RangeError(`attribute type ${Object.keys(value).join()} is not counted`);
  const digits = value.N.replace(/^-?0*|\.|e.*$|0+$/gi, '').length;
  return Math.ceil(digits / 2) + 1;
}

/** Read units of so many bytes, read in one go; at least one 4 KB, and half for an eventually consistent read. */
export const readUnits = (bytes: number, consistent: boolean): number =>
  Math.max(1, Math.ceil(bytes / 4_096)) * (consistent ? 1 : 0.5);

/** Write units of one item, 1 KB each; a transaction prepares and commits, and so takes twice as many. */
export const writeUnits = (bytes: number, transaction: boolean): number =>
  Math.max(1, Math.ceil(bytes / 1_024)) * (transaction ? 2 : 1);
