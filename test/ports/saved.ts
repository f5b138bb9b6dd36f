import type { Restore } from './world.ts';

/** A list that only grows, as long as it is now. */
export function saveList(list: { length: number }): Restore {
  const { length } = list;
  return () => {
    list.length = length;
  };
}

/** A map of values that are never changed in place. */
export function saveMap<K, V>(map: Map<K, V>): Restore {
  const entries = [...map];
  return () => {
    map.clear();
    for (const [key, value] of entries) map.set(key, value);
  };
}

/** Several at once, in the order in which they were saved. */
export const together =
  (parts: readonly Restore[]): Restore =>
  () => {
    for (const restore of parts) restore();
  };
