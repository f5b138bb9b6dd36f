import type { Item } from '#adapters/dynamodb/items.ts';
import { itemBytes } from './size.ts';

/** An entry of the `expiry` index: where the item is, and when it is due. */
export interface Due {
  readonly dueAt: number;
  readonly pk: string;
  readonly sk: string;
}

/** Entries of one partition in the order of their time. */
export interface DueOrder {
  readonly size: number;
  at(index: number): Due;
}

/**
 * Items that nobody has written yet, made when they are asked for: a million of them need no memory of their own.
 */
export interface Population {
  item(pk: string, sk: string): Item | undefined;
  due(partition: string): DueOrder;
}

/** The `expiry` index: what the population holds, except where something was written since, and what was. */
export interface ExpiryIndex {
  replace(before: Item | undefined, after: Item | undefined): void;
  /** Due by then, earliest first. */
  query(partition: string, until: number, limit: number): readonly Item[];
}

export function createExpiryIndex(
  population: Population | undefined,
  isWritten: (pk: string, sk: string) => boolean,
): ExpiryIndex {
  const written = new Map<string, Due[]>();
  const placeOf = (entries: readonly Due[], dueAt: number): number => {
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((entries[middle] as Due).dueAt < dueAt) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const entriesOf = (partition: string): Due[] => {
    const known = written.get(partition) ?? [];
    written.set(partition, known);
    return known;
  };
  return {
    replace(before, after) {
      const old = before === undefined ? undefined : dueOf(before);
      if (old !== undefined) {
        const entries = entriesOf(old.partition);
        let at = placeOf(entries, old.dueAt);
        while (at < entries.length && (entries[at]?.pk !== old.pk || entries[at]?.sk !== old.sk)) at++;
        entries.splice(at, 1);
      }
      const young = after === undefined ? undefined : dueOf(after);
      if (young === undefined) return;
      const entries = entriesOf(young.partition);
      entries.splice(placeOf(entries, young.dueAt), 0, young);
    },
    query(partition, until, limit) {
      const rest = population?.due(partition);
      const entries = entriesOf(partition);
      const found: Due[] = [];
      let [mine, theirs] = [0, 0];
      while (found.length < limit) {
        while (rest !== undefined && theirs < rest.size && isWritten(rest.at(theirs).pk, rest.at(theirs).sk))
          theirs++;
        const candidates = [entries[mine], theirs < (rest?.size ?? 0) ? rest?.at(theirs) : undefined];
        const next = candidates.flatMap((entry) => entry ?? []).toSorted((a, b) => a.dueAt - b.dueAt)[0];
        if (next === undefined || next.dueAt > until) break;
        found.push(next);
        if (next === entries[mine]) mine++;
        else theirs++;
      }
      return found.map(({ dueAt, pk, sk }) => ({
        pk: { S: pk },
        sk: { S: sk },
        due: { S: partition },
        dueAt: { N: String(dueAt) },
      }));
    },
  };
}

function dueOf(item: Item): (Due & { readonly partition: string }) | undefined {
  const { pk, sk, due, dueAt } = item;
  if (due?.S === undefined || dueAt?.N === undefined) return undefined;
  return { partition: due.S, dueAt: Number(dueAt.N), pk: pk?.S ?? '', sk: sk?.S ?? '' };
}

/** How many bytes a query of this index reads. */
export const bytesOf = (items: readonly Item[]): number =>
  items.reduce((bytes, item) => bytes + itemBytes(item), 0);
