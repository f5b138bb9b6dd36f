import type { Item } from '#adapters/dynamodb/items.ts';
import { type IndexSchema, TABLE } from '#core/storage.ts';
import { itemBytes, writeUnits } from './size.ts';

/** A write to an index that a write to the table brings about. */
export interface IndexWrite {
  readonly index: string;
  /** The index's own partition: it has its limits too. */
  readonly partition: string;
  readonly units: number;
}

/**
 * What a change of one item writes to the indexes: an entry made, dropped or changed is one write, an entry moved to
 * other keys is two, and one whose projected attributes are as before is none. Indexes follow a transaction by
 * themselves, so their writes are single ones.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html, write capacity
 */
export function indexWrites(before: Item | undefined, after: Item | undefined): readonly IndexWrite[] {
  return TABLE.indexes.flatMap((index) => {
    const [old, young] = [entryOf(before, index), entryOf(after, index)];
    const write = ({ partition, bytes }: Entry): IndexWrite => ({
      index: index.name,
      partition,
      units: writeUnits(bytes, false),
    });
    if (old === undefined || young === undefined)
      return [old, young].flatMap((entry) => (entry ? [write(entry)] : []));
    if (old.partition !== young.partition || old.sort !== young.sort) return [write(old), write(young)];
    return old.text === young.text ? [] : [write(old.bytes > young.bytes ? old : young)];
  });
}

interface Entry {
  readonly partition: string;
  readonly sort: string;
  readonly bytes: number;
  readonly text: string;
}

function entryOf(item: Item | undefined, { partition, sort, projection }: IndexSchema): Entry | undefined {
  const [led, sorted] = [item?.[partition.name], item?.[sort.name]];
  if (item === undefined || led === undefined || sorted === undefined) return undefined;
  const { pk, sk } = item;
  const projected =
    projection === 'ALL' ? item : ({ pk, sk, [partition.name]: led, [sort.name]: sorted } as Item);
  return {
    partition: String(led.S ?? led.N),
    sort: String(sorted.S ?? sorted.N),
    bytes: itemBytes(projected),
    text: JSON.stringify(projected),
  };
}
