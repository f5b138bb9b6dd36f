/** What is under a path of own keys; an input may have anything in its place, so nothing of it is called or inherited. */
export const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (held, key) =>
      typeof held === 'object' && held !== null && Object.hasOwn(held, key)
        ? (held as Readonly<Record<string, unknown>>)[key]
        : undefined,
    value,
  );

/** The text under a path; empty where there is none. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

/** Whether a value is what a sample is, in as many steps as the sample has parts, however deep the value goes. */
export function isLike(value: unknown, sample: unknown): boolean {
  if (typeof sample !== 'object' || sample === null) return Object.is(value, sample);
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== Array.isArray(sample))
    return false;
  const keys = Object.keys(sample);
  return (
    Object.keys(value).length === keys.length && keys.every((key) => isLike(at(value, key), at(sample, key)))
  );
}
